package s3

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// policy is a POST policy.
type policy struct {
	Expiration time.Time `json:"expiration"`
	Conditions []any     `json:"conditions"`

	minimum, maximum int64 // of content-length-range; maximum -1 for none
}

// checkPolicy verifies the signature of a form's policy and checks the form's fields,
// as in "Creating an HTML Form (Using AWS Signature Version 4)".
func (c Credentials) checkPolicy(form map[string]string, now time.Time) (*policy, *s3Error) {
	for _, name := range []string{"policy", "x-amz-signature", "x-amz-credential", "x-amz-date"} {
		if form[name] == "" {
			return nil, errAccessDenied("Access Denied: the form has no field " + name)
		}
	}
	scope, e := c.checkScope(form["x-amz-credential"], form["x-amz-security-token"])
	if e != nil {
		return nil, e
	}
	if form["x-amz-algorithm"] != algorithm || form["x-amz-signature"] != c.sign(scope, form["policy"]) {
		return nil, errSignatureMismatch()
	}
	text, err := base64.StdEncoding.DecodeString(form["policy"])
	p := &policy{maximum: -1}
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err != nil {
		return nil, &s3Error{http.StatusBadRequest, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON."}
	}
	if !now.Before(p.Expiration) {
		return nil, errAccessDenied("Invalid according to Policy: Policy expired.")
	}
	e = p.check(form)
	return p, e
}

// check checks every condition. Every field of the form must be covered by one.
func (p *policy) check(form map[string]string) *s3Error {
	covered := []string{"x-amz-signature", "policy", "file"}
	for _, condition := range p.Conditions {
		field, e := p.checkCondition(condition, form)
		if e != nil {
			return e
		}
		covered = append(covered, field)
	}
	for field := range form {
		if !slices.Contains(covered, field) && !strings.HasPrefix(field, "x-ignore-") && field != "bucket" {
			return errAccessDenied("Invalid according to Policy: Extra input fields: " + field)
		}
	}
	return nil
}

func (p *policy) checkCondition(condition any, form map[string]string) (field string, e *s3Error) {
	operator, argument := "eq", any(nil)
	switch c := condition.(type) {
	case map[string]any:
		for name, v := range c {
			field, argument = name, v
		}
	case []any:
		if len(c) != 3 {
			return "", errInvalidPolicy(condition)
		}
		operator = strings.ToLower(fmt.Sprint(c[0]))
		if operator == "content-length-range" {
			low, lowOK := c[1].(float64)
			high, highOK := c[2].(float64)
			if !lowOK || !highOK {
				return "", errInvalidPolicy(condition)
			}
			p.minimum, p.maximum = int64(low), int64(high)
			return operator, nil
		}
		field, argument = strings.TrimPrefix(fmt.Sprint(c[1]), "$"), c[2]
	default:
		return "", errInvalidPolicy(condition)
	}
	field = strings.ToLower(field)
	wanted, given := fmt.Sprint(argument), form[field]
	if operator == "eq" && given == wanted || operator == "starts-with" && strings.HasPrefix(given, wanted) {
		return field, nil
	}
	text, _ := json.Marshal(condition) // values from JSON always encode
	return "", errAccessDenied("Invalid according to Policy: Policy Condition failed: " + string(text))
}

func errInvalidPolicy(condition any) *s3Error {
	return &s3Error{http.StatusBadRequest, "InvalidPolicyDocument", fmt.Sprintf("Invalid Policy: Invalid condition: %v", condition)}
}
