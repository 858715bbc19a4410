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

// PNG returns a small picture; the shade makes pictures different.
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

// CreateAttachment declares a file and returns its presigned upload form.
func (u *User) CreateAttachment(ctx context.Context, fields Fields) (Upload, error) {
	var upload Upload
	err := u.do(ctx, http.MethodPost, "/attachments", fields, http.StatusCreated, &upload)
	return upload, err
}

// Upload uploads the content of a declared file with a POST form.
func (a *API) Upload(ctx context.Context, upload Upload, content []byte, options ...Option) (Response, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range upload.Upload.Fields {
		if err := form.WriteField(name, value); err != nil {
			return Response{}, fmt.Errorf("write the form: %w", err)
		}
	}
	file, err := form.CreateFormFile("file", "file")
	if err != nil {
		return Response{}, fmt.Errorf("write the form: %w", err)
	}
	if _, err := file.Write(content); err != nil {
		return Response{}, fmt.Errorf("write the form: %w", err)
	}
	if err := form.Close(); err != nil {
		return Response{}, fmt.Errorf("write the form: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, upload.Upload.URL, &body)
	if err != nil {
		return Response{}, fmt.Errorf("upload: %w", err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	for _, option := range options {
		option(request)
	}
	return send(a.http, request, "POST (upload) "+upload.Upload.URL)
}

// UploadAttachment declares and uploads a file and returns the id of the attachment.
func (u *User) UploadAttachment(ctx context.Context, name, mediaType string, content []byte) (string, error) {
	upload, err := u.CreateAttachment(ctx, Fields{"name": name, "type": mediaType, "size": len(content)})
	if err != nil {
		return "", err
	}
	response, err := u.API.Upload(ctx, upload, content)
	if err != nil {
		return "", err
	}
	if response.Status/100 != 2 {
		return "", fmt.Errorf("%s: got %s, want a 2xx", response.Call, response)
	}
	return upload.ID, nil
}

// Download downloads an attachment through its presigned URL.
func (u *User) Download(ctx context.Context, id string) (Response, error) {
	var signed struct{ URL string }
	response, err := u.Do(ctx, http.MethodGet, "/attachments/"+id, nil, Header("Accept", "application/json"))
	if err != nil {
		return Response{}, err
	}
	if err := response.Decode(http.StatusOK, &signed); err != nil {
		return Response{}, err
	}
	return u.API.Fetch(ctx, signed.URL)
}
