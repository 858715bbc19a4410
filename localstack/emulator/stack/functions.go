package stack

// Function is a function of the template. Method and Path are those of its first HTTP
// route, empty if it has none.
type Function struct{ Name, Method, Path string }

// Functions returns the functions of the template.
func (s *Stack) Functions() []Function {
	var functions []Function
	res := s.reload()
	for _, f := range res.functions {
		function := Function{Name: f.Folder}
		for _, route := range res.httpAPI.Routes {
			if route.Function == f.Folder {
				function.Method, function.Path = route.Method, route.Path
				break
			}
		}
		functions = append(functions, function)
	}
	return functions
}

// Program returns the built binary of a function and its environment without
// AWS_LAMBDA_RUNTIME_API.
func (s *Stack) Program(function string) (binary string, env []string, err error) {
	return s.lambda.Program(function)
}
