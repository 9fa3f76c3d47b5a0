// Starts Swagger UI. The script is a file of its own, because the page's security
// policy allows no script inside the page.
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#docs',
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // Otherwise the address of the description is sent to a service on the Internet.
  validatorUrl: null,
  // An access token stays in the open page and is never stored.
  persistAuthorization: false,
  // Otherwise a link to this page could make it show another description.
  queryConfigEnabled: false,
});
