#include <stdlib.h>

static inline __attribute__((always_inline)) void *inner(unsigned long size) {
    return malloc(size * 3); /* line 4 */
}

__attribute__((noinline)) void *outer(unsigned long size) {
    void *block = inner(size + 1); /* line 8 */
    return (char *)block + 1;
}

int main(void) {
    return outer(7) == 0;
}
