package awsapi

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// platformEndpoint creates, enables or deletes the platform endpoint of a phone. Its ARN
// contains the device token, so that nothing is stored but deletions.
func (s *Server) platformEndpoint(form url.Values) (string, *apiError) {
	token, endpoint := form.Get("Token"), form.Get("EndpointArn")
	switch form.Get("Action") {
	case "CreatePlatformEndpoint":
		if len(token) < 8 || strings.ContainsAny(token, " \n") {
			return "", errParameter("Token Reason: it is not a device token")
		}
		endpoint = strings.Replace(form.Get("PlatformApplicationArn"), ":app/", ":endpoint/", 1) + "/" + base64.RawURLEncoding.EncodeToString([]byte(token))
		s.deletedEndpoints.Delete(endpoint)
		return "<EndpointArn>" + endpoint + "</EndpointArn>", nil
	case "DeleteEndpoint":
		s.deletedEndpoints.Store(endpoint, true)
	}
	return "", nil
}

// pushToPhone adds a push message to the outbox. An app whose token begins with
// "uninstalled" has disabled its endpoint.
func (s *Server) pushToPhone(endpoint, id, message string) (string, *apiError) {
	token, err := base64.RawURLEncoding.DecodeString(endpoint[strings.LastIndexByte(endpoint, '/')+1:])
	if _, deleted := s.deletedEndpoints.Load(endpoint); deleted || err != nil {
		return "", errParameter("TargetArn Reason: No endpoint found for the target arn specified")
	}
	if strings.HasPrefix(string(token), "uninstalled") {
		return "", &apiError{http.StatusBadRequest, "EndpointDisabled", "Endpoint is disabled"}
	}
	return messageIDElement(id), s.record(Message{Channel: "push", To: string(token), Body: message})
}
