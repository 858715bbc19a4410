package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Credentials are the credentials that signatures are verified against.
type Credentials struct{ AccessKey, SecretKey, SessionToken string }

const (
	algorithm    = "AWS4-HMAC-SHA256"
	timeFormat   = "20060102T150405Z"
	maxClockSkew = 15 * time.Minute
)

// signedRequest holds the parts of a SigV4 signature.
type signedRequest struct {
	credential, date, token, signature, headers, payload string
	expires                                              time.Duration // of a presigned URL
	presigned                                            bool
}

// authenticate verifies the SigV4 signature in the Authorization header or in the
// query. See "Authenticating Requests (AWS Signature Version 4)" in the S3
// documentation.
func (c Credentials) authenticate(r *http.Request, now time.Time) *s3Error {
	s, e := parseSignature(r)
	if e != nil {
		return e
	}
	at, err := time.Parse(timeFormat, s.date)
	switch {
	case err != nil:
		return errAccessDenied("AWS authentication requires a valid Date or x-amz-date header")
	case s.presigned && now.After(at.Add(s.expires)):
		return errAccessDenied("Request has expired")
	case !s.presigned && now.Sub(at).Abs() > maxClockSkew, s.presigned && at.Sub(now) > maxClockSkew:
		return &s3Error{http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."}
	}
	scope, e := c.checkScope(s.credential, s.token)
	if e != nil {
		return e
	}
	toSign := strings.Join([]string{algorithm, s.date, strings.Join(scope, "/"), sha256Hex(canonicalRequest(r, s))}, "\n")
	if !hmac.Equal([]byte(s.signature), []byte(c.sign(scope, toSign))) {
		return errSignatureMismatch()
	}
	return nil
}

func parseSignature(r *http.Request) (signedRequest, *s3Error) {
	query := r.URL.Query()
	if query.Has("X-Amz-Signature") {
		seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
		if err != nil || seconds < 1 || seconds > 604800 || query.Get("X-Amz-Algorithm") != algorithm {
			return signedRequest{}, &s3Error{http.StatusBadRequest, "AuthorizationQueryParametersError", "X-Amz-Expires must be between 1 and 604800 seconds"}
		}
		return signedRequest{
			credential: query.Get("X-Amz-Credential"), date: query.Get("X-Amz-Date"), token: query.Get("X-Amz-Security-Token"),
			signature: query.Get("X-Amz-Signature"), headers: query.Get("X-Amz-SignedHeaders"), payload: "UNSIGNED-PAYLOAD",
			expires: time.Duration(seconds) * time.Second, presigned: true,
		}, nil
	}
	fields, ok := strings.CutPrefix(r.Header.Get("Authorization"), algorithm+" ")
	if !ok {
		return signedRequest{}, errAccessDenied("Access Denied")
	}
	s := signedRequest{date: r.Header.Get("X-Amz-Date"), token: r.Header.Get("X-Amz-Security-Token"), payload: r.Header.Get("X-Amz-Content-Sha256")}
	for _, field := range strings.Split(fields, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			s.credential = v
		case "SignedHeaders":
			s.headers = v
		case "Signature":
			s.signature = v
		}
	}
	return s, nil
}

// checkScope verifies the access key and session token of a credential. It returns
// the credential's date, region, service and terminator.
func (c Credentials) checkScope(credential, token string) ([]string, *s3Error) {
	parts := strings.Split(credential, "/")
	key, _, _ := strings.Cut(parts[0], ".") // the suffix identifies the instance, see awsproxy.AccessKey
	switch {
	case len(parts) != 5 || parts[3] != "s3" || parts[4] != "aws4_request":
		return nil, &s3Error{http.StatusBadRequest, "AuthorizationHeaderMalformed", "The credential is malformed."}
	case key != c.AccessKey:
		return nil, &s3Error{http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."}
	case token != c.SessionToken:
		return nil, &s3Error{http.StatusBadRequest, "InvalidToken", "The provided token is malformed or otherwise invalid."}
	}
	return parts[1:], nil
}

// sign returns the signature of a text under a scope.
func (c Credentials) sign(scope []string, text string) string {
	key := []byte("AWS4" + c.SecretKey)
	for _, part := range append(slices.Clone(scope), text) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}

func canonicalRequest(r *http.Request, s signedRequest) string {
	var pairs []string
	for name, values := range r.URL.Query() {
		if name == "X-Amz-Signature" {
			continue
		}
		for _, v := range values {
			pairs = append(pairs, uriEncode(name, false)+"="+uriEncode(v, false))
		}
	}
	slices.Sort(pairs)
	lines := []string{r.Method, uriEncode(r.URL.Path, true), strings.Join(pairs, "&")}
	for _, name := range strings.Split(s.headers, ";") {
		v := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			v = r.Host
		case "content-length":
			v = strconv.FormatInt(r.ContentLength, 10)
		}
		lines = append(lines, name+":"+strings.Join(strings.Fields(v), " "))
	}
	return strings.Join(append(lines, "", s.headers, s.payload), "\n")
}

// uriEncode encodes a text as SigV4 requires; slashes of a path are kept.
func uriEncode(text string, path bool) string {
	escaped := strings.NewReplacer("+", "%20", "%7E", "~", "*", "%2A").Replace(url.QueryEscape(text))
	if path {
		return strings.ReplaceAll(escaped, "%2F", "/")
	}
	return escaped
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func errSignatureMismatch() *s3Error {
	return &s3Error{http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method."}
}
