/* The C interface of a BLAS; OpenBLAS is the one that is meant. */
#ifndef CBLAS_SHIM_H
#define CBLAS_SHIM_H

#include <cblas.h>

/* How many threads of its own OpenBLAS may use inside of one call. */
static inline void cblas_shim_use_threads(int count)
{
    (void)count;
#ifdef OPENBLAS_VERSION
    openblas_set_num_threads(count);
#endif
}

/* Whoever calls divides the work itself: products inside of which OpenBLAS starts threads of its own would fight over the processors, and their
 * rounding would depend on how many there are. */
static inline void cblas_shim_use_one_thread(void)
{
    cblas_shim_use_threads(1);
}

#endif
