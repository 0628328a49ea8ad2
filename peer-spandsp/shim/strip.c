/* libtiff's fax codec on memory: whole strips in and out, and the time that the codec itself took. */

#include <stdint.h>
#include <string.h>
#include <time.h>
#include <tiffio.h>

/* A file in memory. */
typedef struct {
    uint8_t *octets;
    uint64_t length;
    uint64_t capacity;
    uint64_t position;
} memory;

/* How a strip is coded, as Rust has it. */
typedef struct {
    uint32_t width;
    uint32_t height;
    int32_t compression;    /* of TIFF: 3 or 4 */
    uint32_t t4_options;
    float vertical;         /* dots an inch: libtiff takes K from it */
} peer_strip;

static tsize_t memory_read(thandle_t handle, tdata_t to, tsize_t count)
{
    memory *file = handle;
    uint64_t there = file->length - file->position;

    if ((uint64_t) count > there)
        count = (tsize_t) there;
    memcpy(to, file->octets + file->position, (size_t) count);
    file->position += (uint64_t) count;
    return count;
}

static tsize_t memory_write(thandle_t handle, tdata_t from, tsize_t count)
{
    memory *file = handle;

    if ((uint64_t) count > file->capacity - file->position)
        return -1;
    memcpy(file->octets + file->position, from, (size_t) count);
    file->position += (uint64_t) count;
    if (file->position > file->length)
        file->length = file->position;
    return count;
}

static toff_t memory_seek(thandle_t handle, toff_t offset, int whence)
{
    memory *file = handle;

    if (whence == SEEK_CUR)
        offset += file->position;
    else if (whence == SEEK_END)
        offset += file->length;
    if (offset > file->capacity)
        return (toff_t) -1;
    if (offset > file->length)
    {
        memset(file->octets + file->length, 0, (size_t) (offset - file->length));
        file->length = offset;
    }
    return file->position = offset;
}

static int memory_close(thandle_t handle)
{
    (void) handle;
    return 0;
}

static toff_t memory_size(thandle_t handle)
{
    return ((memory *) handle)->length;
}

static TIFF *open_memory(memory *file, const char *mode)
{
    TIFFSetWarningHandler(NULL);
    TIFFSetErrorHandler(NULL);
    file->position = 0;
    return TIFFClientOpen("memory", mode, file, memory_read, memory_write, memory_seek, memory_close,
                          memory_size, NULL, NULL);
}

static void set_fields(TIFF *file, const peer_strip *strip)
{
    TIFFSetField(file, TIFFTAG_IMAGEWIDTH, strip->width);
    TIFFSetField(file, TIFFTAG_IMAGELENGTH, strip->height);
    TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, strip->height);
    TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 1);
    TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(file, TIFFTAG_COMPRESSION, strip->compression);
    if (strip->compression == COMPRESSION_CCITT_T4)
        TIFFSetField(file, TIFFTAG_GROUP3OPTIONS, strip->t4_options);
    TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    TIFFSetField(file, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB);
    TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(file, TIFFTAG_XRESOLUTION, 204.0);
    TIFFSetField(file, TIFFTAG_YRESOLUTION, strip->vertical);
    TIFFSetField(file, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
}

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t) time.tv_sec*1000000000u + (uint64_t) time.tv_nsec;
}

/* Codes all rows into `out` and tells the octets of the strip, or -1; `nanoseconds` is what the codec took. */
int64_t peer_strip_encode(const peer_strip *strip, const uint8_t *rows, uint64_t row_octets, uint8_t *out,
                          uint64_t capacity, uint64_t *nanoseconds)
{
    memory file = { .octets = out, .capacity = capacity };
    TIFF *tiff = open_memory(&file, "w");
    int64_t length = -1;
    uint64_t begin;

    if (tiff == NULL)
        return -1;
    set_fields(tiff, strip);
    begin = now();
    if (TIFFWriteEncodedStrip(tiff, 0, (tdata_t) rows, (tsize_t) (row_octets*strip->height)) >= 0  &&  TIFFFlushData(tiff))
    {
        *nanoseconds = now() - begin;
        /* Behind the header of eight octets lies the strip, and no directory yet. */
        length = (int64_t) file.length - 8;
        memmove(out, out + 8, (size_t) length);
    }
    /* The directory goes nowhere. */
    file.capacity = 0;
    TIFFCleanup(tiff);
    return length;
}

/* Decodes a strip into `rows`: 0, or -1 where libtiff cannot. `scratch` holds the file meanwhile. */
int peer_strip_decode(const peer_strip *strip, const uint8_t *octets, uint64_t length, uint8_t *rows,
                      uint64_t row_octets, uint8_t *scratch, uint64_t capacity, uint64_t *nanoseconds)
{
    memory file = { .octets = scratch, .capacity = capacity };
    TIFF *tiff = open_memory(&file, "w");
    tsize_t wanted = (tsize_t) (row_octets*strip->height);
    tsize_t read;
    uint64_t begin;
    int written;

    if (tiff == NULL)
        return -1;
    set_fields(tiff, strip);
    written = TIFFWriteRawStrip(tiff, 0, (tdata_t) octets, (tsize_t) length) >= 0  &&  TIFFWriteDirectory(tiff);
    TIFFCleanup(tiff);
    tiff = written ? open_memory(&file, "r") : NULL;
    if (tiff == NULL)
        return -1;
    begin = now();
    read = TIFFReadEncodedStrip(tiff, 0, rows, wanted);
    *nanoseconds = now() - begin;
    TIFFCleanup(tiff);
    return read == wanted ? 0 : -1;
}
