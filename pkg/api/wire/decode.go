package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
// duplicate or mistyped field. Unlike encoding/json it rejects duplicate names, trailing
// data and invalid characters.
func Decode(body []byte, into any) error {
	switch {
	case len(body) > maxBodyBytes:
		return apperr.New(apperr.BodyTooLarge, fmt.Sprintf("The body must have at most %d bytes.", maxBodyBytes))
	case len(bytes.TrimSpace(body)) == 0:
		return apperr.New(apperr.BadJSON, "The body is empty.")
	case !utf8.Valid(body):
		return apperr.New(apperr.BadJSON, "The body is not UTF-8.")
	}
	if err := checkSyntax(body); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
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
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if plain, err := strconv.Unquote(name); err == nil {
			name = plain
		}
		at, _ := pointerTo(tree, name)
		return apperr.Validation(apperr.Field{Pointer: at, Code: "unknown", Message: "Unknown field."})
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

// pointerTo returns the JSON pointer of the deepest member called name. encoding/json
// reports the name of an unknown field, but not its location.
func pointerTo(tree any, name string) (string, bool) {
	switch node := tree.(type) {
	case map[string]any:
		for key, child := range node {
			if at, found := pointerTo(child, name); found {
				return "/" + escapePointer(key) + at, true
			}
		}
		_, found := node[name]
		return "/" + escapePointer(name), found
	case []any:
		for i, child := range node {
			if at, found := pointerTo(child, name); found {
				return "/" + strconv.Itoa(i) + at, true
			}
		}
	}
	return "", false
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

// checkSyntax checks that body is one JSON object without trailing data, duplicate names or
// excessive nesting. encoding/json would silently use the last of two equal names.
func checkSyntax(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	first, err := d.Token()
	if err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	if first != json.Delim('{') {
		return apperr.New(apperr.InvalidBody, "The body must be a JSON object.")
	}
	if err := checkObject(d, "", 1); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return apperr.New(apperr.BadJSON, "Unexpected data after the JSON value.")
	}
	return nil
}

// checkObject reads the rest of an object after its opening brace.
func checkObject(d *json.Decoder, at string, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return apperr.Wrap(apperr.BadJSON, err)
		}
		name, _ := token.(string)
		pointer := at + "/" + escapePointer(name)
		if folded := strings.ToLower(name); seen[folded] {
			return apperr.Validation(apperr.Field{Pointer: pointer, Code: "duplicate", Message: "Duplicate field."})
		} else if seen[folded] = true; strings.ContainsRune(name, 0) {
			return apperr.New(apperr.BadJSON, "A field name contains a NUL character.")
		}
		if err := checkValue(d, pointer, depth); err != nil {
			return err
		}
	}
	return closingToken(d)
}

// checkArray reads the rest of an array after its opening bracket.
func checkArray(d *json.Decoder, at string, depth int) error {
	for i := 0; d.More(); i++ {
		if err := checkValue(d, at+"/"+strconv.Itoa(i), depth); err != nil {
			return err
		}
	}
	return closingToken(d)
}

func checkValue(d *json.Decoder, at string, depth int) error {
	if depth > maxDepth {
		return apperr.New(apperr.BadJSON, "The body is nested too deeply.")
	}
	token, err := d.Token()
	if err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	switch token {
	case json.Delim('{'):
		return checkObject(d, at, depth+1)
	case json.Delim('['):
		return checkArray(d, at, depth+1)
	}
	if text, ok := token.(string); ok && strings.ContainsAny(text, "\x00"+string(utf8.RuneError)) {
		// Decoders replace unpaired surrogates and invalid UTF-8 by U+FFFD.
		return apperr.Validation(apperr.Field{Pointer: at, Code: "character", Message: "Invalid characters."})
	}
	return nil
}

// closingToken reads the end of an object or array.
func closingToken(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	return nil
}

// escapePointer escapes a name for a JSON pointer (RFC 6901).
func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
