package services

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"sync"
)

// Parameters is SSM's parameter store.
type Parameters struct {
	mu     sync.Mutex
	file   file
	values map[string]parameter
}

type parameter struct {
	Name, Type, Value string
	Version           int
	LastModifiedDate  float64
}

func (p *Parameters) call(operation string, body []byte) (any, error) {
	var request struct {
		Name, Type, Value         string
		Overwrite, WithDecryption bool
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, invalid("%v", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	there, found := p.values[request.Name]
	switch operation {
	case "GetParameter":
		if !found {
			return nil, notFound(request.Name)
		}
		if there.Type == "SecureString" && !request.WithDecryption {
			there.Value = "encrypted:" + base64.StdEncoding.EncodeToString([]byte(request.Name))
		}
		return map[string]any{"Parameter": there}, nil
	case "PutParameter":
		if found && !request.Overwrite {
			return nil, &fault{http.StatusBadRequest, "ParameterAlreadyExists", "The parameter already exists."}
		}
		if p.values == nil {
			p.values = map[string]parameter{}
		}
		there = parameter{request.Name, request.Type, request.Value, there.Version + 1, float64(now().Unix())}
		p.values[request.Name] = there
		return map[string]any{"Version": there.Version, "Tier": "Standard"}, p.file.save(p.values)
	case "DeleteParameter":
		if !found {
			return nil, notFound(request.Name)
		}
		delete(p.values, request.Name)
		return struct{}{}, p.file.save(p.values)
	}
	return nil, invalid("AmazonSSM.%s is not part of the local stack", operation)
}

func notFound(name string) *fault {
	return &fault{http.StatusBadRequest, "ParameterNotFound", "Parameter " + name + " not found."}
}
