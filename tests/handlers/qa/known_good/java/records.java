package a.b;

import static java.util.Map.*;

public sealed interface Shape permits Circle, Square {}
record Circle(double r) implements Shape {
  Circle {
    if (r < 0) throw new IllegalArgumentException();
  }
  static <T extends Comparable<? super T>> T max(List<? extends T> xs) { return null; }
}
non-sealed class Square implements Shape {}
