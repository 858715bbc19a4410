// Package wire defines the JSON formats that the HTTP API and the WebSocket API share:
// strict decoding, validation, problem documents, and the views of domain values.
package wire
