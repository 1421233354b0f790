class A<T> {
  String t = """
    a "quoted" \
    text {block}
    """;
  int f(Object o) {
    return switch (o) {
      case Integer i when i > 1 -> i;
      case Circle(double r) -> (int) r;
      case null, default -> { yield 0; }
    };
  }
  { System.out.println(1_000L + 0x1p3 + '\u0041'); }
  static { }
}
