package thumbnail_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"ticketsystem/pkg/thumbnail"
)

// halves returns a picture whose left half is red and whose right half is blue.
func halves(w, h int) image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			picture.Set(x, y, color.RGBA{R: 255 * uint8(1-2*x/w), B: 255 * uint8(2*x/w), A: 255})
		}
	}
	return picture
}

func encode(t *testing.T, format string, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	err := map[string]func() error{
		"png":  func() error { return png.Encode(&out, picture) },
		"jpeg": func() error { return jpeg.Encode(&out, picture, nil) },
		"gif":  func() error { return gif.Encode(&out, picture, nil) },
	}[format]()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// oriented inserts an EXIF segment with an orientation into a JPEG file.
func oriented(file []byte, order binary.AppendByteOrder, value uint16) []byte {
	mark := map[bool]string{true: "MM", false: "II"}[order == binary.BigEndian]
	tiff := order.AppendUint32(order.AppendUint16([]byte(mark), 42), 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, 0x0112), 3), 1), value)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	header := binary.BigEndian.AppendUint16([]byte{0xFF, 0xD8, 0xFF, 0xE1}, uint16(2+len(segment)))
	return append(append(header, segment...), file[2:]...)
}

func TestMake_Formats(t *testing.T) {
	webp, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content    []byte
		w, h       int // of the picture
		thumbW, tH int
	}{
		"png": {encode(t, "png", halves(960, 300)), 960, 300, 480, 150}, "jpeg": {encode(t, "jpeg", halves(300, 960)), 300, 960, 150, 480},
		"gif": {encode(t, "gif", halves(700, 700)), 700, 700, 480, 480}, "small": {encode(t, "png", halves(20, 10)), 20, 10, 20, 10},
		"line": {encode(t, "png", halves(2000, 1)), 2000, 1, 480, 1}, "webp": {webp, 1, 1, 1, 1},
		"cut": {encode(t, "png", halves(960, 300))[:200], 960, 300, 0, 0}, "text": {[]byte("hello"), 0, 0, 0, 0}, "empty": {nil, 0, 0, 0, 0},
	} {
		got, ok := thumbnail.Make(t.Context(), c.content)
		if !ok || got.Width != c.w || got.Height != c.h {
			t.Errorf("%s: got %d x %d, %v, want %d x %d", name, got.Width, got.Height, ok, c.w, c.h)
		}
		small, err := jpeg.DecodeConfig(bytes.NewReader(got.Thumbnail))
		if c.tH == 0 && got.Thumbnail != nil || c.tH > 0 && (err != nil || small.Width != c.thumbW || small.Height != c.tH) {
			t.Errorf("%s: got a thumbnail of %d x %d, %v, want %d x %d", name, small.Width, small.Height, err, c.thumbW, c.tH)
		}
	}
}

// TestMake_Orientation checks where the left half of a picture, which is red, is shown.
func TestMake_Orientation(t *testing.T) {
	file := encode(t, "jpeg", halves(600, 200))
	for value, red := range map[uint16]image.Point{
		1: {10, 80}, 2: {470, 80}, 3: {470, 80}, 4: {10, 80}, 5: {80, 10}, 6: {80, 10}, 7: {80, 470}, 8: {80, 470}, 0: {10, 80}, 9: {10, 80},
	} {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			got, ok := thumbnail.Make(t.Context(), oriented(file, order, value))
			picture, err := jpeg.Decode(bytes.NewReader(got.Thumbnail))
			if !ok || err != nil {
				t.Fatalf("orientation %d: got %v, %v", value, ok, err)
			}
			if swapped := got.Width == 200; swapped != (value >= 5 && value <= 8) {
				t.Errorf("orientation %d: got %d x %d", value, got.Width, got.Height)
			}
			if r, _, b, _ := picture.At(red.X, red.Y).RGBA(); r < 0xc000 || b > 0x4000 {
				t.Errorf("orientation %d: got %x, %x at %v, want red", value, r, b, red)
			}
		}
	}
	for n := range 60 { // cut anywhere
		thumbnail.Make(t.Context(), oriented(file, binary.BigEndian, 6)[:n])
	}
}

// header returns the beginning of a PNG file of any size.
func header(w, h uint32) []byte {
	chunk := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	file := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	return binary.BigEndian.AppendUint32(append(file, chunk...), crc32.ChecksumIEEE(chunk))
}

// TestMake_Bombs checks that pictures of many pixels are not decoded.
func TestMake_Bombs(t *testing.T) {
	screen := []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")
	for name, c := range map[string]struct {
		content []byte
		ok      bool
	}{
		"4 gigapixels": {header(65_000, 65_000), false}, "a line": {header(1<<31-1, 1), false}, "gif of one pixel": {screen, false},
		"10,001 x 10,000": {header(10_001, 10_000), false}, "10,000 x 10,000": {header(10_000, 10_000), true}, "short line": {header(70_000, 1), true},
	} {
		allocated := testing.AllocsPerRun(1, func() {
			if got, ok := thumbnail.Make(t.Context(), c.content); ok != c.ok || got.Thumbnail != nil {
				t.Errorf("%s: got %v, %d bytes, want %v", name, ok, len(got.Thumbnail), c.ok)
			}
		})
		if allocated > 100 {
			t.Errorf("%s: %v allocations", name, allocated)
		}
	}
}

// TestMake_Deadline checks that decoding ends with its context.
func TestMake_Deadline(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, ok := thumbnail.Make(ctx, encode(t, "png", halves(600, 200))); !ok || got.Width != 600 || got.Thumbnail != nil {
		t.Errorf("got %+v, %v, want no thumbnail", got, ok)
	}
}
