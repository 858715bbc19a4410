package client

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
)

// PNG draws a small picture of one shade and returns its file.
func PNG(shade uint8) ([]byte, error) {
	picture := image.NewRGBA(image.Rect(0, 0, 32, 32))
	for x := range 32 {
		for y := range 32 {
			picture.Set(x, y, color.RGBA{R: shade, G: uint8(8 * x), B: uint8(8 * y), A: 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		return nil, fmt.Errorf("draw a picture: %w", err)
	}
	return file.Bytes(), nil
}

// Declare announces a file, so that its bytes can be uploaded.
func (p *Person) Declare(ctx context.Context, fields Fields) (Upload, error) {
	var upload Upload
	err := p.call(ctx, http.MethodPost, "/attachments", fields, http.StatusCreated, &upload)
	return upload, err
}

// Send uploads the bytes of a declared file, as a browser's form does: every
// field first, the file last.
func (a *API) Send(ctx context.Context, upload Upload, content []byte) (Answer, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range upload.Upload.Fields {
		if err := form.WriteField(name, value); err != nil {
			return Answer{}, fmt.Errorf("write the form: %w", err)
		}
	}
	file, err := form.CreateFormFile("file", "file")
	if err != nil {
		return Answer{}, fmt.Errorf("write the form: %w", err)
	}
	if _, err := file.Write(content); err != nil {
		return Answer{}, fmt.Errorf("write the form: %w", err)
	}
	if err := form.Close(); err != nil {
		return Answer{}, fmt.Errorf("write the form: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, upload.Upload.URL, &body)
	if err != nil {
		return Answer{}, fmt.Errorf("upload: %w", err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	return send(a.http, request, "POST (upload) "+upload.Upload.URL)
}

// Attach declares and uploads a file, and returns the attachment's id.
func (p *Person) Attach(ctx context.Context, name, mediaType string, content []byte) (string, error) {
	upload, err := p.Declare(ctx, Fields{"name": name, "type": mediaType, "size": len(content)})
	if err != nil {
		return "", err
	}
	answer, err := p.API.Send(ctx, upload, content)
	if err != nil {
		return "", err
	}
	if answer.Status/100 != 2 {
		return "", fmt.Errorf("%s: got %s, want a 2xx", answer.Call, answer)
	}
	return upload.ID, nil
}

// Download reads an attachment through its signed address.
func (p *Person) Download(ctx context.Context, id string) (Answer, error) {
	var signed struct{ URL string }
	answer, err := p.Do(ctx, http.MethodGet, "/attachments/"+id, nil, Header("Accept", "application/json"))
	if err != nil {
		return Answer{}, err
	}
	if err := answer.Into(http.StatusOK, &signed); err != nil {
		return Answer{}, err
	}
	return p.API.Fetch(ctx, signed.URL)
}
