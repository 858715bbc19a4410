package stack

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"ticketsystem/localstack/emulator/samtemplate"
)

// customResourceTimeout limits the creation of a custom resource, including the build
// of its function.
const customResourceTimeout = 5 * time.Minute

// customResources creates the custom resources of the template, as CloudFormation
// does. A created resource is stored and updated only when its properties change.
type customResources struct {
	path   string // file that stores the resources, or empty
	url    string // base of the response URLs
	invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)
	logf   func(string, ...any)

	mu         sync.Mutex
	created    map[string]customResource    // by logical id
	inProgress map[string]chan struct{}     // by logical id; closed when the attempt ends
	responses  map[string]chan cfn.Response // by request token
}

// customResource is the result of a created custom resource.
type customResource struct {
	Properties map[string]any
	PhysicalID string
	Data       map[string]any
}

func newCustomResources(path string) (*customResources, error) {
	c := &customResources{path: path, created: map[string]customResource{}, inProgress: map[string]chan struct{}{}, responses: map[string]chan cfn.Response{}}
	text, err := os.ReadFile(path)
	if path == "" || errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &c.created)
	}
	if err != nil {
		return nil, fmt.Errorf("custom resources: %w", err)
	}
	return c, nil
}

// attribute waits until the resource is created and returns the value of GetAtt, or
// of Ref for an empty attribute.
func (c *customResources) attribute(ctx context.Context, t *samtemplate.Template, r *samtemplate.Resource, attribute string) (any, error) {
	m, err := c.ensure(ctx, t, r)
	if err != nil {
		return nil, err
	}
	if attribute == "" {
		return m.PhysicalID, nil
	}
	v, ok := m.Data[attribute]
	if !ok {
		return nil, fmt.Errorf("custom resource %s has no attribute %s", r.ID, attribute)
	}
	return v, nil
}

// ensure returns the resource, creating or updating it first if necessary. Concurrent
// callers wait for one creation.
func (c *customResources) ensure(ctx context.Context, t *samtemplate.Template, r *samtemplate.Resource) (customResource, error) {
	properties, err := t.Properties(r)
	if err != nil {
		return customResource{}, err
	}
	c.mu.Lock()
	for c.inProgress[r.ID] != nil {
		done := c.inProgress[r.ID]
		c.mu.Unlock()
		select {
		case <-done:
		case <-time.After(customResourceTimeout):
			return customResource{}, fmt.Errorf("custom resource %s depends on itself through a variable of its function", r.ID)
		case <-ctx.Done():
			return customResource{}, ctx.Err()
		}
		c.mu.Lock()
	}
	existing, ok := c.created[r.ID]
	if ok && equalJSON(existing.Properties, properties) {
		c.mu.Unlock()
		return existing, nil
	}
	done := make(chan struct{})
	c.inProgress[r.ID] = done
	c.mu.Unlock()

	finished, err := c.provision(ctx, r, properties, existing, ok)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.inProgress, r.ID)
	close(done)
	if err != nil {
		return customResource{}, fmt.Errorf("custom resource %s: %w", r.ID, err)
	}
	c.created[r.ID] = finished
	return finished, c.save()
}

func (c *customResources) provision(ctx context.Context, r *samtemplate.Resource, properties map[string]any, existing customResource, update bool) (customResource, error) {
	event := newCustomResourceEvent(r, properties, c.url)
	if update {
		event.RequestType, event.PhysicalResourceID, event.OldResourceProperties = cfn.RequestUpdate, existing.PhysicalID, existing.Properties
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return customResource{}, err
	}
	c.logf("creating %s ...", r.ID)
	ctx, cancel := context.WithTimeout(ctx, customResourceTimeout)
	defer cancel()
	responses := make(chan cfn.Response, 1)
	c.mu.Lock()
	c.responses[event.RequestID] = responses
	c.mu.Unlock()
	service := samtemplate.String(properties["ServiceToken"])
	if _, err := c.invoke(ctx, service[strings.LastIndex(service, ":")+1:], payload); err != nil {
		return customResource{}, err
	}
	select {
	case got := <-responses:
		if got.Status != cfn.StatusSuccess {
			return customResource{}, fmt.Errorf("the function reported %s: %s", got.Status, got.Reason)
		}
		return customResource{Properties: properties, PhysicalID: got.PhysicalResourceID, Data: got.Data}, nil
	case <-ctx.Done():
		return customResource{}, errors.New("the function sent no response")
	}
}

// newCustomResourceEvent returns the event with which CloudFormation creates a resource.
func newCustomResourceEvent(r *samtemplate.Resource, properties map[string]any, url string) cfn.Event {
	token := rand.Text()
	return cfn.Event{
		RequestType: cfn.RequestCreate, RequestID: token, ResponseURL: url + token,
		StackID:      "arn:aws:cloudformation:us-east-1:000000000000:stack/" + samtemplate.StackName + "/local",
		ResourceType: r.Type, LogicalResourceID: r.ID, ResourceProperties: properties,
	}
}

// ServeHTTP receives the response of a custom resource function.
func (c *customResources) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var got cfn.Response
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if responses := c.responses[r.PathValue("token")]; responses != nil {
		delete(c.responses, r.PathValue("token"))
		responses <- got
	}
}

func (c *customResources) save() error {
	if c.path == "" {
		return nil
	}
	text, err := json.Marshal(c.created)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(c.path), text, 0o600)
}

func equalJSON(a, b map[string]any) bool {
	x, _ := json.Marshal(a) // maps that come from YAML or JSON always encode
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}
