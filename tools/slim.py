"""Takes functions nobody here calls out of a third-party module before it is compiled for a board: microdot has a fifth of
a small board's heap otherwise. Knows names, not what they do; the portal's tests run against the result."""

import ast

#: microdot 2.7.0: what the portal does not use. A name that is not there any more is an error: look again then.
MICRODOT = (
    "urlencode", "AsyncBytesIO", "NoCaseDict.__delitem__", "NoCaseDict.update", "MultiDict.getlist", "Request.stream",
    "Request.json", "Request.files", "Request.after_request", "Response.set_cookie", "Response.delete_cookie",
    "Response.redirect", "Response.send_file", "Response.types_map", "HTTPException", "abort", "redirect", "send_file", "time",
    # routing by pattern: the portal has 14 fixed paths and its own dispatch_request (site.py)
    "mro", "URLPattern", "Microdot.route", "Microdot.get", "Microdot.post", "Microdot.put", "Microdot.patch", "Microdot.delete",
    "Microdot.query", "Microdot.after_request", "Microdot.after_error_request", "Microdot.mount", "Microdot.abort",
    "Microdot.start_server", "Microdot.run", "Microdot.shutdown", "Microdot.before_request", "Microdot.errorhandler",
    "Microdot.find_route", "Microdot.get_request_handlers", "Microdot.error_response",
    "Microdot.dispatch_request", "invoke_handler",
)


def slim(source, unused):
    """The module's source without the definitions `unused` ("name" or "Class.name"); KeyError when one is not there."""
    tree = ast.parse(source)
    left, unused = set(unused), set(unused)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.Try, ast.ExceptHandler)):
            prefix = node.name + "." if isinstance(node, ast.ClassDef) else ""
            node.body = [child for child in node.body if not _taken(child, prefix, unused, left)] or [ast.Pass()]
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            _undocumented(node)
    if left:
        raise KeyError("not in this version: %s" % ", ".join(sorted(left)))
    return ast.unparse(ast.fix_missing_locations(tree))


def _taken(node, prefix, unused, left):
    names = [node.name] if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) else []
    if isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.Import):
        names = [alias.asname or alias.name for alias in node.names]
    found = [prefix + name for name in names if prefix + name in unused]
    left.difference_update(found)
    return bool(found)


def _undocumented(node):
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        node.body = node.body[1:] or [ast.Pass()]
