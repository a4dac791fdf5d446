/* The C interface of a BLAS, loaded when it is asked for; OpenBLAS is the one that is meant.
 *
 * OpenBLAS starts a thread for each processor as soon as it is loaded, and lets them spin for a while: a program that is linked with it pays for
 * that at every start, whether it multiplies matrices or not. The signatures are those of the reference BLAS with 32-bit integers, where an
 * enumeration is an int. */
#ifndef CBLAS_SHIM_H
#define CBLAS_SHIM_H

#include <dlfcn.h>
#include <stddef.h>

typedef struct {
    void (*sgemm)(int order, int left_transpose, int right_transpose, int rows, int columns, int depth, float alpha,
                  const float *left, int left_stride, const float *right, int right_stride, float beta, float *result,
                  int result_stride);
    void (*dgemm)(int order, int left_transpose, int right_transpose, int rows, int columns, int depth, double alpha,
                  const double *left, int left_stride, const double *right, int right_stride, double beta, double *result,
                  int result_stride);
    void (*sgemv)(int order, int transpose, int rows, int columns, float alpha, const float *matrix, int stride,
                  const float *vector, int vector_step, float beta, float *result, int result_step);
    void (*dgemv)(int order, int transpose, int rows, int columns, double alpha, const double *matrix, int stride,
                  const double *vector, int vector_step, double beta, double *result, int result_step);
    /* How many threads of its own OpenBLAS may use inside of one call; NULL for another BLAS. */
    void (*set_num_threads)(int count);
} cblas_shim_library;

/* Loads the first of some libraries that is there and has all functions; without one all of them are NULL. */
static inline cblas_shim_library cblas_shim_load(void)
{
    static const char *const names[] = {"libopenblas.so.0", "libopenblas.so", "libcblas.so.3", "libblas.so.3"};
    cblas_shim_library library = {NULL, NULL, NULL, NULL, NULL};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        void *handle = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
        if (!handle) continue;
        /* POSIX lets a pointer to data stand for a function. */
        *(void **)&library.sgemm = dlsym(handle, "cblas_sgemm");
        *(void **)&library.dgemm = dlsym(handle, "cblas_dgemm");
        *(void **)&library.sgemv = dlsym(handle, "cblas_sgemv");
        *(void **)&library.dgemv = dlsym(handle, "cblas_dgemv");
        *(void **)&library.set_num_threads = dlsym(handle, "openblas_set_num_threads");
        if (library.sgemm && library.dgemm && library.sgemv && library.dgemv) return library;
        dlclose(handle);
    }
    return (cblas_shim_library){NULL, NULL, NULL, NULL, NULL};
}

#endif
