// Command empty is a function that does nothing: what every function is
// compared with.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() { lambda.Start(func() {}) }
