#include <complex.h>
#include <stdarg.h>

double complex rotate(double complex z, float _Complex w)
{
    complex double turned = z * w;
    return turned;
}

void print(va_list list)
{
    char *text = va_arg(list, char *);
    struct item *const *items = va_arg(list, struct item *const *);
    int (*call)(int) = va_arg(list, int (*)(int));
    int number = va_arg(list, int);
    va_end(list);
}
