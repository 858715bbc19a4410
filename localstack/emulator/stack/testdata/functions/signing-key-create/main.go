// Command signing-key-create is a custom resource with one attribute.
package main

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(cfn.LambdaWrap(func(_ context.Context, e cfn.Event) (string, map[string]any, error) {
		return "made-" + e.LogicalResourceID, map[string]any{"Value": time.Now().Format(time.RFC3339Nano)}, nil
	}))
}
