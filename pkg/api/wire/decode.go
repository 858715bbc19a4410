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
// Returns body_too_large, bad_json, or invalid_body with the pointer of the unknown,
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
	if err := checkSyntax(body, reflect.TypeOf(into)); err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return decodeError(body, err)
	}
	return nil
}

// decodeError converts an error of encoding/json to one that names the field.
func decodeError(body []byte, err error) error {
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return apperr.Validation(apperr.Field{
			Pointer: pointerAlong(tree, mistyped.Field), Code: "type",
			Message: "Must be " + typeName(mistyped.Type.Kind().String()) + ", not a " + mistyped.Value + ".",
		})
	}
	return apperr.Wrap(apperr.BadJSON, err)
}

// pointerAlong converts the dotted path of a field to a JSON pointer into tree. It skips
// path elements that tree does not have: encoding/json also names embedded structs.
func pointerAlong(tree any, path string) string {
	var pointer strings.Builder
	for part := range strings.SplitSeq(path, ".") {
		members, _ := tree.(map[string]any)
		member, sent := members[part]
		if sent {
			pointer.WriteString("/" + escapePointer(part))
			tree = member
		}
	}
	return pointer.String()
}

// typeName returns the JSON type of a reflect.Kind, for messages.
func typeName(kind string) string {
	switch kind {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "slice":
		return "an array"
	case "struct", "map":
		return "an object"
	}
	return "a whole number"
}

// checkSyntax checks that body is one JSON object without trailing data, duplicate or unknown
// names, or excessive nesting. encoding/json would silently use the last of two equal names,
// and match names in another case.
func checkSyntax(body []byte, into reflect.Type) error {
	c := syntaxCheck{json.NewDecoder(bytes.NewReader(body)), body}
	c.UseNumber()
	first, err := c.Token()
	if err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	if first != json.Delim('{') {
		return apperr.New(apperr.InvalidBody, "The body must be a JSON object.")
	}
	if err := c.object("", into, 1); err != nil {
		return err
	}
	if _, err := c.Token(); !errors.Is(err, io.EOF) {
		return apperr.New(apperr.BadJSON, "Unexpected data after the JSON value.")
	}
	return nil
}

// syntaxCheck reads the tokens of a body.
type syntaxCheck struct {
	*json.Decoder
	body []byte
}

// object reads the rest of an object after its opening brace. into is the type that it is
// decoded into; nil accepts any names.
func (c syntaxCheck) object(at string, into reflect.Type, depth int) error {
	fields, anyName := fieldsOf(into)
	seen := map[string]bool{}
	for c.More() {
		token, err := c.Token()
		if err != nil {
			return apperr.Wrap(apperr.BadJSON, err)
		}
		name, _ := token.(string)
		pointer := at + "/" + escapePointer(name)
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
func (c syntaxCheck) array(at string, into reflect.Type, depth int) error {
	for i := 0; c.More(); i++ {
		if err := c.value(at+"/"+strconv.Itoa(i), into, depth); err != nil {
			return err
		}
	}
	return c.closing()
}

func (c syntaxCheck) value(at string, into reflect.Type, depth int) error {
	if depth > maxDepth {
		return apperr.New(apperr.BadJSON, "The body is nested too deeply.")
	}
	start := c.InputOffset()
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
	if text, ok := token.(string); ok && (strings.ContainsRune(text, 0) || hasUnpairedSurrogate(text, c.body[start:c.InputOffset()])) {
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
func (c syntaxCheck) closing() error {
	if _, err := c.Token(); err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	return nil
}

// escapePointer escapes a name for a JSON pointer (RFC 6901).
func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
