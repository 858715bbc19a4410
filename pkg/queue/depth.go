package queue

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// DepthReader tells how much lies in queues.
type DepthReader struct{ client *sqs.Client }

// NewDepthReader makes Depths.
func NewDepthReader(config aws.Config) DepthReader { return DepthReader{sqs.NewFromConfig(config)} }

// Depth is about how many messages lie in the queue at an address, those that are
// being worked on and those that wait for their time within.
func (r DepthReader) Depth(ctx context.Context, url string) (int, error) {
	attributes := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	out, err := r.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: attributes})
	if err != nil {
		return 0, fmt.Errorf("queue: %w", err)
	}
	sum := 0
	for _, name := range attributes {
		n, _ := strconv.Atoi(out.Attributes[string(name)]) // what is not said is nothing
		sum += n
	}
	return sum, nil
}
