package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"ticketsystem/pkg/apperr"
)

// maxBodyBytes limits a JSON body. The largest valid one is a message of 10,000 runes of
// four bytes each, plus escapes.
const maxBodyBytes = 128 << 10

// maxDepth limits the nesting of a body.
const maxDepth = 16

// Decode decodes a JSON object into the struct that into points to.
//
// It fails with body_too_large, bad_json, or invalid_body with the pointer of the unknown,
// duplicate or mistyped field. Unlike encoding/json it rejects duplicate names, names in
// another case, trailing data and invalid characters.
func Decode(body []byte, into any) error {
	switch {
	case len(body) > maxBodyBytes:
		return apperr.New(apperr.BodyTooLarge, fmt.Sprintf("The body must have at most %d bytes.", maxBodyBytes))
	case len(bytes.TrimSpace(body)) == 0:
		return apperr.New(apperr.BadJSON, "The body is empty.")
	case !utf8.Valid(body):
		return apperr.New(apperr.BadJSON, "The body is not UTF-8.")
	}
	target := reflect.TypeOf(into)
	if err := newSyntaxCheck(body).document(target); err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return decodeError(body, target, err)
	}
	return nil
}

// decodeError converts an error of encoding/json to one that names the value.
func decodeError(body []byte, into reflect.Type, err error) error {
	var mistyped *json.UnmarshalTypeError
	if !errors.As(err, &mistyped) {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	c := newSyntaxCheck(body)
	c.until = mistyped.Offset
	if err := c.document(into); err != nil {
		return err
	}
	kind, _, _ := strings.Cut(mistyped.Value, " ") // of a number, the value follows
	return mistypedField(c.found, typeName(mistyped.Type.Kind().String()), typeName(kind))
}

// mistypedField is the error of a value whose JSON type does not fit.
func mistypedField(pointer, want, got string) error {
	message := "Must be " + want + ", not " + got + "."
	if want == "a whole number" && got == "a number" {
		message = "Must be a whole number, not a fraction or a very large number."
	}
	return apperr.Validation(apperr.Field{Pointer: pointer, Code: "type", Message: message})
}

// typeName returns the name of a JSON type in messages, from that of a reflect.Kind or of
// encoding/json.
func typeName(kind string) string {
	switch kind {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "slice", "array":
		return "an array"
	case "struct", "map", "object":
		return "an object"
	case "number":
		return "a number"
	}
	return "a whole number"
}

// syntaxCheck reads the tokens of a body.
type syntaxCheck struct {
	*json.Decoder
	body  []byte
	until int64  // an offset in body
	found string // pointer of the last value that begins before until
}

func newSyntaxCheck(body []byte) *syntaxCheck {
	c := &syntaxCheck{Decoder: json.NewDecoder(bytes.NewReader(body)), body: body}
	c.UseNumber()
	return c
}

// document checks that body is one JSON object without trailing data, duplicate or unknown
// names, or excessive nesting. encoding/json would silently use the last of two equal names,
// and match names in another case.
func (c *syntaxCheck) document(into reflect.Type) error {
	first, err := c.Token()
	if err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	if first != json.Delim('{') {
		return mistypedField("", "an object", tokenName(first))
	}
	if err := c.object("", into, 1); err != nil {
		return err
	}
	if _, err := c.Token(); !errors.Is(err, io.EOF) {
		return apperr.New(apperr.BadJSON, "Unexpected data after the JSON value.")
	}
	return nil
}

// tokenName returns the name of the JSON type of a token that begins no object.
func tokenName(token json.Token) string {
	switch token.(type) {
	case json.Delim:
		return "an array"
	case nil:
		return "null"
	case json.Number:
		return "a number"
	}
	return typeName(reflect.TypeOf(token).Kind().String())
}

// object reads the rest of an object after its opening brace. into is the type that it is
// decoded into; nil accepts any names.
func (c *syntaxCheck) object(at string, into reflect.Type, depth int) error {
	fields, anyName := fieldsOf(into)
	seen := map[string]bool{}
	for c.More() {
		token, err := c.Token()
		if err != nil {
			return apperr.Wrap(apperr.BadJSON, err)
		}
		name, _ := token.(string)
		pointer := at + "/" + EscapePointer(name)
		field, known := fields[name]
		switch {
		case strings.ContainsRune(name, 0):
			return apperr.New(apperr.BadJSON, "A field name contains a NUL character.")
		case seen[name]:
			return apperr.Validation(apperr.Field{Pointer: pointer, Code: "duplicate", Message: "Duplicate field."})
		case !known && !anyName:
			return apperr.Validation(apperr.Field{Pointer: pointer, Code: "unknown", Message: "Unknown field."})
		}
		seen[name] = true
		if err := c.value(pointer, field, depth); err != nil {
			return err
		}
	}
	return c.closing()
}

// fieldsOf returns the JSON names of a struct and the types of their values. anyName is true for
// types that accept all names.
func fieldsOf(t reflect.Type) (fields map[string]reflect.Type, anyName bool) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil, true
	}
	fields = map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			fields[name] = f.Type
		}
	}
	return fields, false
}

// array reads the rest of an array after its opening bracket.
func (c *syntaxCheck) array(at string, into reflect.Type, depth int) error {
	for i := 0; c.More(); i++ {
		if err := c.value(at+"/"+strconv.Itoa(i), into, depth); err != nil {
			return err
		}
	}
	return c.closing()
}

func (c *syntaxCheck) value(at string, into reflect.Type, depth int) error {
	if depth > maxDepth {
		return apperr.New(apperr.BadJSON, "The body is nested too deeply.")
	}
	start := c.InputOffset()
	if start < c.until {
		c.found = at
	}
	token, err := c.Token()
	if err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	switch token {
	case json.Delim('{'):
		return c.object(at, into, depth+1)
	case json.Delim('['):
		for into != nil && into.Kind() == reflect.Pointer {
			into = into.Elem()
		}
		if into != nil && into.Kind() == reflect.Slice {
			into = into.Elem()
		}
		return c.array(at, into, depth+1)
	}
	if text, ok := token.(string); ok && hasUnpairedSurrogate(text, c.body[start:c.InputOffset()]) {
		return apperr.Validation(apperr.Field{Pointer: at, Code: "character", Message: "Invalid characters."})
	}
	return nil
}

// hasUnpairedSurrogate reports whether a text has an unpaired surrogate in its JSON form, which
// the decoder has replaced by U+FFFD. U+FFFD itself is text, also as an escape.
func hasUnpairedSurrogate(text string, source []byte) bool {
	const replacement = string(utf8.RuneError)
	replaced := strings.Count(text, replacement)
	return replaced > 0 && replaced > bytes.Count(source, []byte(replacement))+bytes.Count(bytes.ToLower(source), []byte(`\ufffd`))
}

// closing reads the end of an object or array.
func (c *syntaxCheck) closing() error {
	if _, err := c.Token(); err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	return nil
}

// EscapePointer escapes a name for a JSON pointer (RFC 6901).
func EscapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
