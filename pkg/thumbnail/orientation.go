package thumbnail

import (
	"bytes"
	"encoding/binary"
	"image"
)

// exifOrientation is the value of the EXIF tag Orientation: 1 is upright, 2 to 8 are the rotations and
// reflections of the EXIF specification.
type exifOrientation int

const upright exifOrientation = 1

const (
	orientationTag  = 0x0112
	markerExif      = 0xE1
	markerScan      = 0xDA
	exifHeaderBytes = 6
)

// orientation returns the orientation of a JPEG file, and upright for other content.
func orientation(content []byte) exifOrientation {
	if !bytes.HasPrefix(content, []byte{0xFF, 0xD8}) {
		return upright
	}
	for rest := content[2:]; len(rest) >= 4 && rest[0] == 0xFF && rest[1] != markerScan; {
		length := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if length < 4 || length > len(rest) {
			break
		}
		if segment := rest[4:length]; rest[1] == markerExif && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return tiffOrientation(segment[exifHeaderBytes:])
		}
		rest = rest[length:]
	}
	return upright
}

// tiffOrientation reads the tag in the first directory of TIFF data.
func tiffOrientation(tiff []byte) exifOrientation {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II")) {
		order = binary.LittleEndian
	}
	if len(tiff) < 8 {
		return upright
	}
	start := int64(order.Uint32(tiff[4:]))
	if start+2 > int64(len(tiff)) {
		return upright
	}
	entries := tiff[start+2:]
	for range order.Uint16(tiff[start:]) {
		if len(entries) < 12 {
			break
		}
		if value := order.Uint16(entries[8:]); order.Uint16(entries) == orientationTag && value >= 1 && value <= 8 {
			return exifOrientation(value)
		}
		entries = entries[12:]
	}
	return upright
}

// swapsSides reports whether width and height are exchanged.
func (o exifOrientation) swapsSides() bool { return o >= 5 }

// apply returns the picture upright.
func (o exifOrientation) apply(from *image.RGBA) *image.RGBA {
	if o == upright {
		return from
	}
	w, h := from.Rect.Dx(), from.Rect.Dy()
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	if o.swapsSides() {
		to = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			at := [...]image.Point{
				{w - 1 - x, y}, {w - 1 - x, h - 1 - y}, {x, h - 1 - y}, {y, x}, {y, h - 1 - x}, {w - 1 - y, h - 1 - x}, {w - 1 - y, x},
			}[o-2]
			to.SetRGBA(x, y, from.RGBAAt(at.X, at.Y))
		}
	}
	return to
}
