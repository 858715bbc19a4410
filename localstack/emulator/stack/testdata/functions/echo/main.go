// Command echo returns the event that it received. Some paths make it fail, crash or
// time out.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(handle) }

func handle(_ context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	switch e.RawPath {
	case "/crash":
		os.Exit(3)
	case "/fail":
		return events.APIGatewayV2HTTPResponse{}, errors.New("as requested")
	case "/sleep":
		time.Sleep(time.Minute)
	case "/large":
		size, err := strconv.Atoi(e.QueryStringParameters["bytes"])
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: strings.Repeat("x", size)}, err
	}
	text, err := json.Marshal(map[string]any{"event": e, "key": os.Getenv("KEY"), "pid": os.Getpid(), "secret": os.Getenv("STACK_TEST_SECRET")})
	return events.APIGatewayV2HTTPResponse{
		StatusCode: 200, Headers: map[string]string{"content-type": "application/json"},
		Cookies: []string{"a=1", "b=2"}, Body: string(text),
	}, err
}
