// Command empty is a function that does nothing, the baseline of all functions.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() { lambda.Start(func() {}) }
