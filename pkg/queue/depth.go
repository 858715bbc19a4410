package queue

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// DepthReader reads the number of messages in queues.
type DepthReader struct{ client *sqs.Client }

// NewDepthReader returns a DepthReader.
func NewDepthReader(config aws.Config) DepthReader { return DepthReader{sqs.NewFromConfig(config)} }

// Depth returns the approximate number of messages in the queue, including
// those in flight and delayed ones.
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
		n, _ := strconv.Atoi(out.Attributes[string(name)]) // a missing attribute counts as 0
		sum += n
	}
	return sum, nil
}
