// Command seed seeds the table TABLE_NAME at AWS_ENDPOINT_URL_DYNAMODB.
package main

import (
	"context"
	"fmt"
	"os"

	"ticketsystem/localstack/testkit/seed"
)

func main() {
	if err := seed.Seed(context.Background(), os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), os.Getenv("TABLE_NAME")); err != nil {
		fmt.Fprintln(os.Stderr, "seed:", err)
		os.Exit(1)
	}
}
