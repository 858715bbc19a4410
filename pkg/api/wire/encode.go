package wire

import (
	"bytes"
	"encoding/json"
)

// Marshal encodes v as JSON like json.Marshal, but leaves <, > and & as they are.
// Responses are never embedded in HTML, and the escapes are six times as long.
func Marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}
