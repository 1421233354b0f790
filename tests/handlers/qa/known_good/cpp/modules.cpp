export module math;
import std;
export int add(int a, int b) { return a + b; }
