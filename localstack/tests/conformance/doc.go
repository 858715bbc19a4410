// Package conformance holds the promises of the stores: what pkg/dynamo must
// keep on a real DynamoDB engine, under load, when answers are lost, and at
// which price.
//
// The suite starts the engine in memory and makes the template's table in it.
// DYNAMODB_ENDPOINT names another engine that runs already; there the suite
// makes a table of its own and removes it.
package conformance
