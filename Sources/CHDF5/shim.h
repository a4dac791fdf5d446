/* What Swift cannot import from hdf5.h: macros with a comma or a cast in them, functions that changed their signature
 * between 1.10, 1.12 and 1.14, and types whose width differs between versions. Nothing here decides anything. */
#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>
#include <stdint.h>
#include <string.h>

/* The H5F_ACC_* macros call H5check(), which aborts the process when the library is not the very release of the
 * headers. A distribution may update the library within one binary interface, so that check is left out of them. */
#undef H5CHECK
#define H5CHECK

/* Constants. H5P_*, H5T_* and H5F_ACC_* are expressions that also open the library. */
static inline hid_t chdf5_default_properties(void) { return H5P_DEFAULT; }
static inline hid_t chdf5_default_error_stack(void) { return H5E_DEFAULT; }
static inline hid_t chdf5_whole_space(void) { return H5S_ALL; }
static inline hid_t chdf5_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_group_creation_class(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_dataset_creation_class(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_dataset_access_class(void) { return H5P_DATASET_ACCESS; }
static inline hid_t chdf5_float32_little_endian(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_float64_little_endian(void) { return H5T_IEEE_F64LE; }

/* IEEE half precision, little-endian, as NumPy and h5py make it; the library has a name for it only since 1.14.4. The caller closes it. */
static inline hid_t chdf5_create_float16_little_endian(void)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    if (type < 0) return type;
    if (H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_size(type, 2) < 0 || H5Tset_ebias(type, 15) < 0) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }
static inline haddr_t chdf5_undefined_address(void) { return HADDR_UNDEF; }

/* Formats as old as possible, as Caffe writes them. From HDF5 2.0 on this is no longer the default. */
static inline herr_t chdf5_use_earliest_format(hid_t file_access)
{
    return H5Pset_libver_bounds(file_access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
}

/* Turns the library's own file locking off where it can be turned off: file systems of clusters often refuse locks. */
static inline herr_t chdf5_disable_file_locking(hid_t file_access)
{
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
    return H5Pset_file_locking(file_access, 0, 1);
#else
    (void)file_access;
    return 0;
#endif
}

/* Keeps the time of creation out of an object. hbool_t is not the same type in every version. */
static inline herr_t chdf5_disable_object_times(hid_t object_creation)
{
    return H5Pset_obj_track_times(object_creation, 0);
}

/* 128 bits that an object shares with no other object of its file. */
static inline herr_t chdf5_object_identity(hid_t object, uint64_t identity[2])
{
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t info;
    herr_t status = H5Oget_info3(object, &info, H5O_INFO_BASIC);
    if (status >= 0)
        memcpy(identity, &info.token, sizeof(uint64_t[2]));
#else
    H5O_info_t info;
#if H5_VERSION_GE(1, 10, 3)
    herr_t status = H5Oget_info2(object, &info, H5O_INFO_BASIC);
#else
    herr_t status = H5Oget_info(object, &info);
#endif
    if (status >= 0) {
        identity[0] = (uint64_t)info.addr;
        identity[1] = 0;
    }
#endif
    return status;
}

/* The class of a link (an H5L_type_t), and the size of the value of a soft or external link. */
static inline herr_t chdf5_link_info(hid_t group, const char *name, int *link_class, size_t *value_size)
{
#if H5_VERSION_GE(1, 12, 0)
    H5L_info2_t info;
    herr_t status = H5Lget_info2(group, name, &info, H5P_DEFAULT);
#else
    H5L_info_t info;
    herr_t status = H5Lget_info(group, name, &info, H5P_DEFAULT);
#endif
    if (status >= 0) {
        *link_class = (int)info.type;
        *value_size = info.type == H5L_TYPE_HARD ? 0 : info.u.val_size;
    }
    return status;
}

/* Called with the name of each link of a group, which need not be UTF-8; the iteration stops when it returns something
 * other than 0. */
typedef int (*chdf5_link_visitor)(const char *name, size_t length, void *context);

struct chdf5_link_visit {
    chdf5_link_visitor visitor;
    void *context;
};

#if H5_VERSION_GE(1, 12, 0)
static inline herr_t chdf5_visit_link(hid_t group, const char *name, const H5L_info2_t *info, void *visit)
#else
static inline herr_t chdf5_visit_link(hid_t group, const char *name, const H5L_info_t *info, void *visit)
#endif
{
    (void)group;
    (void)info;
    struct chdf5_link_visit *this_visit = (struct chdf5_link_visit *)visit;
    return this_visit->visitor(name, strlen(name), this_visit->context);
}

/* Visits the links of a group in the order that costs least. */
static inline herr_t chdf5_iterate_links(hid_t group, chdf5_link_visitor visitor, void *context)
{
    struct chdf5_link_visit visit = {visitor, context};
    hsize_t position = 0;
#if H5_VERSION_GE(1, 12, 0)
    return H5Literate2(group, H5_INDEX_NAME, H5_ITER_NATIVE, &position, chdf5_visit_link, &visit);
#else
    return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &position, chdf5_visit_link, &visit);
#endif
}

/* Called with the name of each attribute; the iteration stops when it returns something other than 0. */
typedef int (*chdf5_attribute_visitor)(const char *name, size_t length, void *context);

struct chdf5_attribute_visit {
    chdf5_attribute_visitor visitor;
    void *context;
};

static inline herr_t chdf5_visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    const struct chdf5_attribute_visit *visit = (const struct chdf5_attribute_visit *)context;
    (void)object;
    (void)info;
    return visit->visitor(name, strlen(name), visit->context);
}

/* Visits the attributes of an object in the order of their names. */
static inline herr_t chdf5_iterate_attributes(hid_t object, chdf5_attribute_visitor visitor, void *context)
{
    struct chdf5_attribute_visit visit = {visitor, context};
    hsize_t position = 0;
    return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, chdf5_visit_attribute, &visit);
}

/* Gives back what the library allocated for elements of variable length. */
static inline herr_t chdf5_free_variable(hid_t type, hid_t space, void *elements)
{
#if H5_VERSION_GE(1, 12, 0)
    return H5Treclaim(type, space, H5P_DEFAULT, elements);
#else
    return H5Dvlen_reclaim(type, space, H5P_DEFAULT, elements);
#endif
}

/* Called with each chunk of a dataset that is stored: the indices of its first element, a bit for each filter that it was not given to,
 * where it is and how large; the iteration stops when it returns something other than 0. */
typedef int (*chdf5_chunk_visitor)(const hsize_t *start, unsigned skipped, haddr_t address, hsize_t size, void *context);

/* Whether visiting chunks takes a time that grows with the square of their number. */
static inline int chdf5_visits_chunks_slowly(void)
{
#if H5_VERSION_GE(1, 14, 2)
    return 0;
#else
    return 1;
#endif
}

/* The number of chunks that are stored; negative also for a library that does not tell. */
static inline herr_t chdf5_count_chunks(hid_t dataset, hsize_t *count)
{
#if H5_VERSION_GE(1, 10, 5)
    hid_t space = H5Dget_space(dataset);
    herr_t status = space < 0 ? -1 : H5Dget_num_chunks(dataset, space, count);
    if (space >= 0)
        H5Sclose(space);
    return status;
#else
    (void)dataset;
    (void)count;
    return -1;
#endif
}

/* Visits the chunks that are stored, in any order. */
static inline herr_t chdf5_visit_chunks(hid_t dataset, chdf5_chunk_visitor visitor, void *context)
{
#if H5_VERSION_GE(1, 14, 2)
    return H5Dchunk_iter(dataset, H5P_DEFAULT, visitor, context);
#elif H5_VERSION_GE(1, 10, 5)
    hid_t space = H5Dget_space(dataset);
    hsize_t count = 0;
    herr_t status = space < 0 ? -1 : H5Dget_num_chunks(dataset, space, &count);
    for (hsize_t index = 0; status == 0 && index < count; index++) {
        hsize_t start[H5S_MAX_RANK] = {0};
        unsigned skipped = 0;
        haddr_t address = HADDR_UNDEF;
        hsize_t size = 0;
        status = H5Dget_chunk_info(dataset, space, index, start, &skipped, &address, &size);
        if (status >= 0)
            status = visitor(start, skipped, address, size, context);
    }
    if (space >= 0)
        H5Sclose(space);
    return status;
#else
    (void)dataset;
    (void)visitor;
    (void)context;
    return -1;
#endif
}

/* The bytes of a chunk as they are stored, whose size the caller knows. */
static inline herr_t chdf5_read_stored_chunk(hid_t dataset, const hsize_t *start, void *bytes)
{
#if H5_VERSION_GE(1, 10, 5)
    uint32_t skipped = 0;
    return H5Dread_chunk(dataset, H5P_DEFAULT, start, &skipped, bytes);
#else
    (void)dataset;
    (void)start;
    (void)bytes;
    return -1;
#endif
}

#endif
