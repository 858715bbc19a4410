// Package thumbnail makes thumbnails of pictures. Only the function that validates
// uploads imports it, because its decoders add to a binary and need memory.
package thumbnail

import (
	"bytes"
	"context"
	"image"
	"image/color"
	_ "image/gif" // registers the decoder
	"image/jpeg"
	_ "image/png" // registers the decoder
	"io"
	"time"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // registers the decoder

	"ticketsystem/pkg/attachment"
)

const (
	// maxPixels bounds the pictures that are accepted. Larger ones exhaust the memory
	// of those who view them.
	maxPixels = 100_000_000
	// maxDecodedPixels bounds the pictures that get a thumbnail. A progressive CMYK JPEG
	// takes 20 bytes of memory per pixel to decode, the most of all formats.
	maxDecodedPixels = 50_000_000
	// maxSide bounds the memory for scaling, 32 bytes per row for each column of the
	// thumbnail.
	maxSide = 1 << 16
	// maxDecodeTime ends the decoding of files that are slow on purpose, such as a JPEG
	// of thousands of scans.
	maxDecodeTime = 20 * time.Second
	quality       = 80
)

// Make returns the size of a picture and a thumbnail. The thumbnail is nil for content
// that cannot be decoded. ok is false for a picture that has too many pixels.
func Make(ctx context.Context, content []byte) (p attachment.Picture, ok bool) {
	config, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil || config.Width < 1 || config.Height < 1 {
		return attachment.Picture{}, true
	}
	p = attachment.Picture{Width: config.Width, Height: config.Height}
	pixels := int64(config.Width) * int64(config.Height)
	if pixels > maxPixels {
		return p, false
	}
	turn := orientation(content)
	if turn.swapsSides() {
		p.Width, p.Height = p.Height, p.Width
	}
	if pixels > maxDecodedPixels || max(config.Width, config.Height) > maxSide {
		return p, true
	}
	ctx, cancel := context.WithTimeout(ctx, maxDecodeTime)
	defer cancel()
	picture, _, err := image.Decode(&reader{ctx, bytes.NewReader(content)})
	if err != nil || picture.Bounds().Empty() {
		return p, true
	}
	var out bytes.Buffer
	if jpeg.Encode(&out, turn.apply(scale(picture)), &jpeg.Options{Quality: quality}) == nil {
		p.Thumbnail = out.Bytes()
	}
	return p, true
}

// scale returns the picture on white, reduced so that it fits a square of
// attachment.ThumbnailSize.
func scale(picture image.Image) *image.RGBA {
	from := picture.Bounds()
	longest := max(from.Dx(), from.Dy(), attachment.ThumbnailSize)
	side := func(n int) int { return max(1, n*attachment.ThumbnailSize/longest) }
	to := image.NewRGBA(image.Rect(0, 0, side(from.Dx()), side(from.Dy())))
	draw.Draw(to, to.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.BiLinear.Scale(to, to.Bounds(), picture, from, draw.Over, nil)
	return to
}

// reader fails when its context ends. It reads little at a time, so that a decoder that
// is slow per byte notices.
type reader struct {
	ctx  context.Context //nolint:containedctx // image.Decode takes a reader only
	from io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p[:min(len(p), 512)])
}
