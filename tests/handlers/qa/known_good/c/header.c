#ifndef X_H
#define X_H
#include <stdio.h>
#ifdef __cplusplus
extern "C" {
#endif
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define BEGIN {
#define END }
#define TEXT(x) "it's " #x /* it's */ // (
int f(const char *restrict s, int n[static 3], ...);
#ifdef __cplusplus
}
#endif
#endif /* it's */
