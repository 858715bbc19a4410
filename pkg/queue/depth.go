package queue

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Depths tells how much lies in queues.
type Depths struct{ client *sqs.Client }

// NewDepths makes Depths.
func NewDepths(config aws.Config) Depths { return Depths{sqs.NewFromConfig(config)} }

// Of is about how many messages lie in the queue at an address, those that are
// being worked on and those that wait for their time within.
func (d Depths) Of(ctx context.Context, url string) (int, error) {
	wanted := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	out, err := d.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: wanted})
	if err != nil {
		return 0, fmt.Errorf("queue: %w", err)
	}
	sum := 0
	for _, name := range wanted {
		n, _ := strconv.Atoi(out.Attributes[string(name)]) // what is not said is nothing
		sum += n
	}
	return sum, nil
}
