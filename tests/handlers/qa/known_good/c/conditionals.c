#if defined(A)
int f(int a) {
#else
int f(long a) {
#endif
  return a;
}
#if 0
this isn't code (
#endif
_Static_assert(1, "x");
void g(void) { __asm__ volatile ("nop" ::: "memory"); }
#include "table.inc"
