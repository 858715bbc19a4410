package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ticketsystem/localstack/emulator/samtemplate"
)

// customResourceTimeout is how long a custom resource may take, the build of its
// function included.
const customResourceTimeout = 5 * time.Minute

// customResources makes the template's custom resources as CloudFormation does, each
// once: what came of it is kept, and made again only when its properties change.
type customResources struct {
	path   string // of the file that keeps them; empty for none
	url    string // where functions report to
	invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)
	logf   func(string, ...any)

	mu         sync.Mutex
	created    map[string]customResource   // by logical id
	inProgress map[string]chan struct{}    // closed when it is made, or was tried
	responses  map[string]chan cfnResponse // by request
}

// customResource is a finished custom resource.
type customResource struct {
	Properties map[string]any
	PhysicalID string
	Data       map[string]any
}

// cfnResponse is what the function puts to the response URL.
type cfnResponse struct {
	Status, Reason     string
	PhysicalResourceId string
	Data               map[string]any
}

func newCustomResources(path string) (*customResources, error) {
	c := &customResources{path: path, created: map[string]customResource{}, inProgress: map[string]chan struct{}{}, responses: map[string]chan cfnResponse{}}
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

// attribute waits until the resource is made and answers GetAtt, or Ref for
// an empty attribute.
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

// ensure makes the resource unless it is made. Of several callers one makes it,
// the others wait for that.
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
			return customResource{}, fmt.Errorf("custom resource %s waits for itself: a variable of its function names it", r.ID)
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
	c.logf("making %s ...", r.ID)
	ctx, cancel := context.WithTimeout(ctx, customResourceTimeout)
	defer cancel()
	token := fmt.Sprintf("%s-%d", r.ID, time.Now().UnixNano())
	responses := make(chan cfnResponse, 1)
	c.mu.Lock()
	c.responses[token] = responses
	c.mu.Unlock()
	event := map[string]any{
		"RequestType": "Create", "ServiceToken": properties["ServiceToken"], "ResponseURL": c.url + token,
		"StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/" + samtemplate.StackName + "/local", "RequestId": token,
		"ResourceType": r.Type, "LogicalResourceId": r.ID, "ResourceProperties": properties,
	}
	if update {
		event["RequestType"], event["PhysicalResourceId"], event["OldResourceProperties"] = "Update", existing.PhysicalID, existing.Properties
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return customResource{}, err
	}
	service := samtemplate.String(properties["ServiceToken"])
	if _, err := c.invoke(ctx, service[strings.LastIndex(service, ":")+1:], payload); err != nil {
		return customResource{}, err
	}
	select {
	case got := <-responses:
		if got.Status != "SUCCESS" {
			return customResource{}, fmt.Errorf("its function reported %s: %s", got.Status, got.Reason)
		}
		return customResource{Properties: properties, PhysicalID: got.PhysicalResourceId, Data: got.Data}, nil
	case <-ctx.Done():
		return customResource{}, errors.New("its function reported nothing")
	}
}

// ServeHTTP is the response URL.
func (c *customResources) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var got cfnResponse
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
	x, _ := json.Marshal(a) // both came from YAML or JSON and encode again
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}
