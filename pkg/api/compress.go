package api

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-lambda-go/events"
)

// maxUncompressed is the size in bytes up to which a body is not worth compressing.
const maxUncompressed = 1 << 10

// gzips are writers that are used again: a new one allocates 0.8 MB.
type gzips struct{ writers sync.Pool }

// compress gzips a JSON or HTML body over 1 KiB if the client accepts it, because API
// Gateway compresses nothing. Problem documents stay readable in logs and proxies.
func (g *gzips) compress(out *events.APIGatewayV2HTTPResponse, body []byte, acceptEncoding string) error {
	media, _, _ := strings.Cut(out.Headers["content-type"], ";")
	if len(body) <= maxUncompressed || media != "application/json" && media != "text/html" || out.Headers["content-encoding"] != "" {
		return nil
	}
	out.Headers["vary"] = "accept-encoding" // also for the client that does not accept it
	if !accepts(acceptEncoding, "gzip") {
		return nil
	}
	packed, err := g.pack(body)
	if err != nil {
		return err
	}
	out.Headers["content-encoding"] = "gzip"
	out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(packed), true
	return nil
}

func (g *gzips) pack(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, used := g.writers.Get().(*gzip.Writer)
	if !used {
		var err error
		if w, err = gzip.NewWriterLevel(&packed, gzip.BestSpeed); err != nil {
			return nil, err
		}
	}
	defer g.writers.Put(w)
	w.Reset(&packed)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	err := w.Close()
	return packed.Bytes(), err
}

// accepts reports whether an Accept-Encoding header permits a content coding and does not prefer
// the body unencoded (RFC 9110 section 12.5.3). A malformed weight counts as 0.
func accepts(header, coding string) bool {
	weights := map[string]float64{}
	for _, part := range strings.Split(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		weight := 1.0
		if q, value, given := strings.Cut(parameters, "="); given {
			var err error
			weight, err = strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !strings.EqualFold(strings.TrimSpace(q), "q") || !(weight <= 1) { // the comparison also excludes NaN
				weight = 0
			}
		}
		weights[strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "x-")] = weight
	}
	weight, listed := weights[coding]
	if !listed {
		weight = weights["*"]
	}
	return weight > 0 && weight >= weights["identity"]
}
