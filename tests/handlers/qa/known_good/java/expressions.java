class B {
  void m() throws Exception {
    var xs = new ArrayList<Map<String, List<Integer>>>() {{ add(null); }};
    try (var in = open(); out) { xs.stream().map(String::valueOf).toArray(int[]::new); } catch (A | C e) { } finally { }
    outer: for (int i = 0, j = 1; i < 3; i++, j--) { if (o instanceof String s && !s.isEmpty()) continue outer; }
    int[][] a = {{1}, {2,},}; Runnable r = () -> {}; BiFunction<Integer, Integer, Integer> f = (x, y) -> x >>> y;
    assert x : "y"; synchronized (this) { do { x ^= 1; } while (x > 0); }
  }
  <T> B(T... xs) { this.<T>m(); new <T>Outer().new Inner(); }
}
