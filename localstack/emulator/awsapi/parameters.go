package awsapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"sync"
)

// Parameters emulates the SSM Parameter Store.
type Parameters struct {
	mu     sync.Mutex
	file   jsonFile
	values map[string]parameter
}

type parameter struct {
	Name, Type, Value string
	Version           int
	LastModifiedDate  float64
}

func (p *Parameters) handle(operation string, body []byte) (any, error) {
	var request struct {
		Name, Type, Value         string
		Overwrite, WithDecryption bool
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, errValidation("%v", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	current, found := p.values[request.Name]
	switch operation {
	case "GetParameter":
		if !found {
			return nil, errParameterNotFound(request.Name)
		}
		if current.Type == "SecureString" && !request.WithDecryption {
			current.Value = "encrypted:" + base64.StdEncoding.EncodeToString([]byte(request.Name))
		}
		return map[string]any{"Parameter": current}, nil
	case "PutParameter":
		if found && !request.Overwrite {
			return nil, &apiError{http.StatusBadRequest, "ParameterAlreadyExists", "The parameter already exists."}
		}
		if p.values == nil {
			p.values = map[string]parameter{}
		}
		current = parameter{request.Name, request.Type, request.Value, current.Version + 1, float64(now().Unix())}
		p.values[request.Name] = current
		return map[string]any{"Version": current.Version, "Tier": "Standard"}, p.file.save(p.values)
	case "DeleteParameter":
		if !found {
			return nil, errParameterNotFound(request.Name)
		}
		delete(p.values, request.Name)
		return struct{}{}, p.file.save(p.values)
	}
	return nil, errValidation("AmazonSSM.%s is not part of the local stack", operation)
}

func errParameterNotFound(name string) *apiError {
	return &apiError{http.StatusBadRequest, "ParameterNotFound", "Parameter " + name + " not found."}
}
