package filetype

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// boxHeader is the size and the type of a box of ISO/IEC 14496-12, which QuickTime calls an atom.
const boxHeader = 8

// maxFirstByte limits the first byte of a box size to 128 MiB, below which it is neither white
// space nor a character of a text.
const maxFirstByte = 0x07

// pictureBrands are the brands of HEIF (ISO/IEC 23008-12, annex B) and MIAF (ISO/IEC 23000-22).
var pictureBrands = []string{
	"mif1", "mif2", "msf1", "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "avci", "avcs", "avic",
	"miaf", "MiAB", "MiAn", "MiBu", "MiCm", "MiHA", "MiHB", "MiHE", "MiPr",
}

// av1Brands are the brands of AVIF, whose files have HEIF brands also.
var av1Brands = []string{"avif", "avis"}

// isPicture reports whether a file is HEIF: its major brand or a compatible one is. The major
// brand alone does not identify it: cameras write brands of their own there.
func isPicture(prefix []byte) bool {
	major, compatible := brands(prefix)
	isHEIF := func(brand string) bool { return slices.Contains(pictureBrands, brand) }
	return isHEIF(major) || !slices.Contains(av1Brands, major) && slices.ContainsFunc(compatible, isHEIF)
}

// isMovie reports whether a file is MP4, 3GP or QuickTime, with video or audio.
func isMovie(prefix []byte) bool {
	major, _ := brands(prefix)
	if major == "" {
		return beginsQuickTime(prefix)
	}
	return !slices.Contains(pictureBrands, major) && !slices.Contains(av1Brands, major)
}

// brands returns the brands of a file that begins with a file type box, "" if it does not.
func brands(prefix []byte) (major string, compatible []string) {
	const majorEnd, listStart = boxHeader + 4, boxHeader + 8 // a version is between them
	size, kind := firstBox(prefix)
	if kind != "ftyp" || size < listStart || len(prefix) < listStart {
		return "", nil
	}
	for list := prefix[listStart:min(size, len(prefix))]; len(list) >= 4; list = list[4:] {
		compatible = append(compatible, string(list[:4]))
	}
	return string(prefix[boxHeader:majorEnd]), compatible
}

// beginsQuickTime reports whether a file begins with the atoms of a QuickTime movie without a file
// type atom: the movie or its data, after atoms that reserve space or have a preview.
func beginsQuickTime(prefix []byte) bool {
	if len(prefix) <= boxHeader {
		return false
	}
	for len(prefix) > 0 {
		size, kind := firstBox(prefix)
		switch kind {
		case "moov":
			_, child := firstBox(prefix[boxHeader:])
			return child != ""
		case "mdat":
			return true
		case "wide", "free", "skip", "pnot", "PICT":
			if size < boxHeader {
				return false
			}
			prefix = prefix[min(size, len(prefix)):]
		default:
			return false
		}
	}
	return true // the next atom is not in the prefix
}

// firstBox returns the size and the type of the box at the start of b. The type is "" if there is
// no box. The size is 0 for the rest of the file, and 1 where it follows in 64 bits.
func firstBox(b []byte) (size int, kind string) {
	if len(b) < boxHeader || b[0] > maxFirstByte || bytes.ContainsFunc(b[4:boxHeader], func(r rune) bool { return r < ' ' || r > '~' }) {
		return 0, ""
	}
	size = int(binary.BigEndian.Uint32(b))
	if size > 1 && size < boxHeader {
		return 0, ""
	}
	return size, string(b[4:boxHeader])
}
