// Package conformance tests the stores of pkg/dynamo on a real DynamoDB engine:
// contracts, concurrency, lost responses, crashes and cost.
//
// The suite starts an in-memory engine and creates the template's table in it. If
// DYNAMODB_ENDPOINT names a running engine, the suite creates a table there and deletes
// it afterwards.
package conformance
