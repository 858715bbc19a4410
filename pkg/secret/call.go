package secret

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// caller makes the calls of SSM that are needed here, in its JSON protocol. The
// SDK's own client describes all of the service's 150 operations whenever a
// function starts: 4 ms of each cold login, and 1.5 MB.
type caller struct {
	endpoint, region string
	credentials      aws.CredentialsProvider
	client           aws.HTTPClient
	retryer          aws.Retryer
	signer           *v4.Signer
}

func newCaller(config aws.Config) *caller {
	c := &caller{
		endpoint: endpoint(config), region: config.Region, credentials: config.Credentials,
		client: config.HTTPClient, retryer: aws.NopRetryer{}, signer: v4.NewSigner(),
	}
	if c.client == nil {
		c.client = http.DefaultClient
	}
	if config.Retryer != nil {
		c.retryer = config.Retryer()
	}
	return c
}

// endpoint is the service's address in the configuration's region.
func endpoint(config aws.Config) string {
	if config.BaseEndpoint != nil {
		return strings.TrimRight(*config.BaseEndpoint, "/") + "/"
	}
	suffix := "amazonaws.com"
	if strings.HasPrefix(config.Region, "cn-") {
		suffix += ".cn"
	}
	return "https://ssm." + config.Region + "." + suffix + "/"
}

// refusal is an error answer. The retryer asks for its status and its code.
type refusal struct {
	status  int
	code    string
	message string
}

func (r *refusal) Error() string       { return fmt.Sprintf("%s (%d): %s", r.code, r.status, r.message) }
func (r *refusal) HTTPStatusCode() int { return r.status }
func (r *refusal) ErrorCode() string   { return r.code }

// refused tells whether the error is a refusal with a code.
func refused(err error, code string) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == code
}

// call makes one call, and repeats it as the retryer says.
func (c *caller) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		err := c.try(ctx, operation, body, out)
		if err == nil || attempt >= c.retryer.MaxAttempts() || !c.retryer.IsErrorRetryable(err) {
			return err
		}
		pause, delayErr := c.retryer.RetryDelay(attempt, err)
		if delayErr != nil {
			return errors.Join(err, delayErr)
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pause):
		}
	}
}

func (c *caller) try(ctx context.Context, operation string, body []byte, out any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonSSM."+operation)
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(body)
	if err := c.signer.SignHTTP(ctx, credentials, request, hex.EncodeToString(hash[:]), "ssm", c.region, time.Now()); err != nil {
		return err
	}
	response, err := c.client.Do(request)
	if err != nil {
		return &lost{err}
	}
	const most = 1 << 20
	text, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return &lost{err}
	}
	if response.StatusCode != http.StatusOK {
		var told struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		_ = json.Unmarshal(text, &told) // otherwise the status alone says it
		return &refusal{response.StatusCode, told.Type[strings.LastIndex(told.Type, "#")+1:], told.Message}
	}
	return json.Unmarshal(text, out)
}

// lost is a call without an answer: all calls here may be made again.
type lost struct{ error }

func (l *lost) Unwrap() error         { return l.error }
func (l *lost) ConnectionError() bool { return true }
