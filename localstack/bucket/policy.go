package bucket

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// policy is a POST policy whose signature was right.
type policy struct {
	Expiration time.Time `json:"expiration"`
	Conditions []any     `json:"conditions"`

	minimum, maximum int64 // of content-length-range; maximum -1 for none
}

// checkPolicy verifies the signature of a form's policy and holds the form's
// fields to it, as in "Creating an HTML Form (Using AWS Signature Version 4)".
func (c Credentials) checkPolicy(form map[string]string, now time.Time) (*policy, *fault) {
	for _, name := range []string{"policy", "x-amz-signature", "x-amz-credential", "x-amz-date"} {
		if form[name] == "" {
			return nil, denied("Access Denied: the form has no field " + name)
		}
	}
	scope, f := c.scope(form["x-amz-credential"], form["x-amz-security-token"])
	if f != nil {
		return nil, f
	}
	if form["x-amz-algorithm"] != algorithm || form["x-amz-signature"] != c.sign(scope, form["policy"]) {
		return nil, mismatch()
	}
	text, err := base64.StdEncoding.DecodeString(form["policy"])
	p := &policy{maximum: -1}
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err != nil {
		return nil, &fault{http.StatusBadRequest, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON."}
	}
	if !now.Before(p.Expiration) {
		return nil, denied("Invalid according to Policy: Policy expired.")
	}
	f = p.check(form)
	return p, f
}

// check holds every condition against the form and every field of the form
// against the conditions.
func (p *policy) check(form map[string]string) *fault {
	covered := []string{"x-amz-signature", "policy", "file"}
	for _, condition := range p.Conditions {
		field, f := p.checkOne(condition, form)
		if f != nil {
			return f
		}
		covered = append(covered, field)
	}
	for field := range form {
		if !slices.Contains(covered, field) && !strings.HasPrefix(field, "x-ignore-") && field != "bucket" {
			return denied("Invalid according to Policy: Extra input fields: " + field)
		}
	}
	return nil
}

func (p *policy) checkOne(condition any, form map[string]string) (field string, f *fault) {
	operator, argument := "eq", any(nil)
	switch c := condition.(type) {
	case map[string]any:
		for name, v := range c {
			field, argument = name, v
		}
	case []any:
		if len(c) != 3 {
			return "", unreadable(condition)
		}
		operator = strings.ToLower(fmt.Sprint(c[0]))
		if operator == "content-length-range" {
			low, lowOK := c[1].(float64)
			high, highOK := c[2].(float64)
			if !lowOK || !highOK {
				return "", unreadable(condition)
			}
			p.minimum, p.maximum = int64(low), int64(high)
			return operator, nil
		}
		field, argument = strings.TrimPrefix(fmt.Sprint(c[1]), "$"), c[2]
	default:
		return "", unreadable(condition)
	}
	field = strings.ToLower(field)
	wanted, given := fmt.Sprint(argument), form[field]
	if operator == "eq" && given == wanted || operator == "starts-with" && strings.HasPrefix(given, wanted) {
		return field, nil
	}
	text, _ := json.Marshal(condition) // it came from JSON
	return "", denied("Invalid according to Policy: Policy Condition failed: " + string(text))
}

func unreadable(condition any) *fault {
	return &fault{http.StatusBadRequest, "InvalidPolicyDocument", fmt.Sprintf("Invalid Policy: Invalid condition: %v", condition)}
}
