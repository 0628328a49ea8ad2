/* Pages out of TIFF files and into them, by libtiff, which the library itself rests on. */

#include <stdint.h>
#include <stdlib.h>
#include <tiffio.h>

/* A broken file is told by a return value, not on stderr. */
static void hush(void)
{
    TIFFSetWarningHandler(NULL);
    TIFFSetErrorHandler(NULL);
}

TIFF *peer_tiff_open(const char *path, int writing)
{
    hush();
    return TIFFOpen(path, writing ? "w" : "r");
}

void peer_tiff_close(TIFF *file)
{
    TIFFClose(file);
}

/* Goes to a page, counted from 0, and tells its size: 0; 1 when the file has fewer, -1 when the page is
   not of one bit a pixel. */
int peer_tiff_page(TIFF *file, int page, uint32_t *width, uint32_t *height)
{
    uint16_t bits = 1;

    if (page > 0xFFFF  ||  !TIFFSetDirectory(file, (uint16_t) page))
        return 1;
    TIFFGetFieldDefaulted(file, TIFFTAG_BITSPERSAMPLE, &bits);
    if (bits != 1  ||  !TIFFGetField(file, TIFFTAG_IMAGEWIDTH, width)  ||  !TIFFGetField(file, TIFFTAG_IMAGELENGTH, height))
        return -1;
    return 0;
}

/* A row of the page, top bit first, a set bit black. */
int peer_tiff_read_row(TIFF *file, uint32_t row, uint8_t *octets, int count)
{
    uint16_t photometric = PHOTOMETRIC_MINISWHITE;

    if (TIFFScanlineSize(file) != count  ||  TIFFReadScanline(file, octets, row, 0) < 0)
        return -1;
    TIFFGetField(file, TIFFTAG_PHOTOMETRIC, &photometric);
    for (int i = 0;  photometric == PHOTOMETRIC_MINISBLACK  &&  i < count;  i++)
        octets[i] = (uint8_t) ~octets[i];
    return 0;
}

/* Adds a page at fine resolution, as T.6 in one strip. */
int peer_tiff_write_page(TIFF *file, uint32_t width, uint32_t height, const uint8_t *rows, int octets_a_row)
{
    TIFFSetField(file, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
    TIFFSetField(file, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(file, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, height);
    TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 1);
    TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(file, TIFFTAG_COMPRESSION, COMPRESSION_CCITT_T6);
    TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    TIFFSetField(file, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
    TIFFSetField(file, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(file, TIFFTAG_XRESOLUTION, 204.0);
    TIFFSetField(file, TIFFTAG_YRESOLUTION, 196.0);
    TIFFSetField(file, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    for (uint32_t row = 0;  row < height;  row++)
    {
        if (TIFFWriteScanline(file, (uint8_t *) &rows[(size_t) row*octets_a_row], row, 0) < 0)
            return -1;
    }
    return TIFFWriteDirectory(file) ? 0 : -1;
}
