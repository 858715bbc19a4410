// Package awserr translates errors of AWS that several adapters have in common.
package awserr

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"ticketsystem/pkg/notification"
)

// MarkThrottled returns err, marked as notification.ErrThrottled if AWS has throttled the request.
// SES reports an exceeded rate and an exceeded quota of a day as Throttling, SNS a rate as Throttled.
func MarkThrottled(err error) error {
	if err != nil && isThrottled(err) {
		return fmt.Errorf("%w: %w", notification.ErrThrottled, err)
	}
	return err
}

func isThrottled(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) {
		if _, known := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; known || api.ErrorCode() == "Throttled" {
			return true
		}
	}
	var response *awshttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == http.StatusTooManyRequests
}
