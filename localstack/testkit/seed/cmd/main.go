// Command seeder seeds a table that is already there: the one of TABLE_NAME at
// AWS_ENDPOINT_URL_DYNAMODB.
package main

import (
	"context"
	"fmt"
	"os"

	"ticketsystem/localstack/testkit/seed"
)

func main() {
	if err := seed.Seed(context.Background(), os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), os.Getenv("TABLE_NAME")); err != nil {
		fmt.Fprintln(os.Stderr, "seeder:", err)
		os.Exit(1)
	}
}
