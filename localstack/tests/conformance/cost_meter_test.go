package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"ticketsystem/pkg/dynamo"
)

// cost is the cost of an operation.
type cost struct {
	roundTrips  int     // requests to DynamoDB
	read, write float64 // capacity units
}

// costMeter is a middleware of a DynamoDB client that adds up the cost of its calls.
type costMeter struct {
	mu    sync.Mutex
	total cost
	calls []string // each with its read and write units
}

// newMeteredStore returns a store with a costMeter.
func newMeteredStore() (*dynamo.Store, *costMeter) {
	m := &costMeter{}
	config := env.config.Copy()
	config.APIOptions = append(config.APIOptions, m.install)
	return openStoreWith(config), m
}

// reset returns the cost and the calls since the last reset.
func (m *costMeter) reset() (cost, []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	total, calls := m.total, m.calls
	m.total, m.calls = cost{}, nil
	return total, calls
}

// install requests the consumed capacity of each call, and counts each attempt: a retry
// is a round trip too.
func (m *costMeter) install(stack *middleware.Stack) error {
	request := middleware.InitializeMiddlewareFunc("AskPrice", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		requestCapacity(in.Parameters)
		return next.HandleInitialize(ctx, in)
	})
	note := middleware.DeserializeMiddlewareFunc("NotePrice", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		m.record(middleware.GetOperationName(ctx), out.Result, err)
		return out, metadata, err
	})
	if err := stack.Initialize.Add(request, middleware.Before); err != nil {
		return err
	}
	return stack.Deserialize.Add(note, middleware.Before)
}

func requestCapacity(input any) {
	const total = types.ReturnConsumedCapacityIndexes
	switch in := input.(type) {
	case *dynamodb.GetItemInput:
		in.ReturnConsumedCapacity = total
	case *dynamodb.BatchGetItemInput:
		in.ReturnConsumedCapacity = total
	case *dynamodb.QueryInput:
		in.ReturnConsumedCapacity = total
	case *dynamodb.PutItemInput:
		in.ReturnConsumedCapacity = total
	case *dynamodb.UpdateItemInput:
		in.ReturnConsumedCapacity = total
	case *dynamodb.DeleteItemInput:
		in.ReturnConsumedCapacity = total
	case *dynamodb.BatchWriteItemInput:
		in.ReturnConsumedCapacity = total
	case *dynamodb.TransactWriteItemsInput:
		in.ReturnConsumedCapacity = total
	}
}

func (m *costMeter) record(operation string, result any, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.roundTrips++
	before := m.total
	defer func() {
		call := fmt.Sprintf("%s %g/%g", operation, m.total.read-before.read, m.total.write-before.write)
		if found, isQuery := result.(*dynamodb.QueryOutput); isQuery {
			call += fmt.Sprintf(" (%d items)", len(found.Items))
		}
		m.calls = append(m.calls, call)
	}()
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		m.total.write++ // a failed condition costs the same as a write; the response does not say so
	}
	switch out := result.(type) {
	case *dynamodb.GetItemOutput:
		m.read(out.ConsumedCapacity)
	case *dynamodb.QueryOutput:
		m.read(out.ConsumedCapacity)
	case *dynamodb.BatchGetItemOutput:
		for i := range out.ConsumedCapacity {
			m.read(&out.ConsumedCapacity[i])
		}
	case *dynamodb.PutItemOutput:
		m.write(out.ConsumedCapacity)
	case *dynamodb.UpdateItemOutput:
		m.write(out.ConsumedCapacity)
	case *dynamodb.DeleteItemOutput:
		m.write(out.ConsumedCapacity)
	case *dynamodb.BatchWriteItemOutput:
		for i := range out.ConsumedCapacity {
			m.write(&out.ConsumedCapacity[i])
		}
	case *dynamodb.TransactWriteItemsOutput:
		for i := range out.ConsumedCapacity {
			m.write(&out.ConsumedCapacity[i])
		}
	}
}

func (m *costMeter) read(c *types.ConsumedCapacity)  { m.total.read += units(c) }
func (m *costMeter) write(c *types.ConsumedCapacity) { m.total.write += units(c) }

func units(c *types.ConsumedCapacity) float64 {
	if c == nil {
		return 0
	}
	return aws.ToFloat64(c.CapacityUnits)
}

func (p cost) String() string { return fmt.Sprintf("%d / %g / %g", p.roundTrips, p.read, p.write) }
