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

// maxBodyBytes bounds a JSON body in bytes. The largest honest one is a message of
// ten thousand characters of four bytes each, with room for escapes.
const maxBodyBytes = 128 << 10

// maxDepth bounds how deep a body may nest; no shape of the API goes deeper.
const maxDepth = 16

func Decode(body []byte, into any) error {
	switch {
	case len(body) > maxBodyBytes:
		return apperr.New(apperr.BodyTooLarge, fmt.Sprintf("A body may have %d bytes.", maxBodyBytes))
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

// decodeError names the field that encoding/json stumbled over.
func decodeError(body []byte, err error) error {
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return apperr.Validation(apperr.Field{
			Pointer: pointerAlong(tree, mistyped.Field), Code: "type",
			Message: "This must be " + typeName(mistyped.Type.Kind().String()) + ", not a " + mistyped.Value + ".",
		})
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if plain, err := strconv.Unquote(name); err == nil {
			name = plain
		}
		at, _ := pointerTo(tree, name)
		return apperr.Validation(apperr.Field{Pointer: at, Code: "unknown", Message: "There is no such field."})
	}
	return apperr.Wrap(apperr.BadJSON, err)
}

// pointerAlong writes the dotted path of a field as a pointer into what was
// sent. encoding/json's paths also name embedded structs, which nobody sent.
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

// pointerTo finds a member by its name, the deepest first: encoding/json tells
// the name of an unknown field, but not where it stands.
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

// checkSyntax walks the JSON once: one value and nothing behind it, an object
// at the top, no name twice in an object (encoding/json would let the last one
// win in silence), no depth beyond reason.
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
		return apperr.New(apperr.BadJSON, "There is something behind the JSON value.")
	}
	return nil
}

// checkObject reads an object whose brace has been read.
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
			return apperr.Validation(apperr.Field{Pointer: pointer, Code: "duplicate", Message: "This field stands here twice."})
		} else if seen[folded] = true; strings.ContainsRune(name, 0) {
			return apperr.New(apperr.BadJSON, "A name has a NUL character.")
		}
		if err := checkValue(d, pointer, depth); err != nil {
			return err
		}
	}
	return closingToken(d)
}

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
		// The replacement character stands where somebody on the way met what is
		// no text: half a surrogate pair, or bytes that are not UTF-8.
		return apperr.Validation(apperr.Field{Pointer: at, Code: "character", Message: "This has characters that are no text."})
	}
	return nil
}

func closingToken(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return apperr.Wrap(apperr.BadJSON, err)
	}
	return nil
}

// escapePointer writes a name as a token of a JSON pointer (RFC 6901).
func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
