# docker build --target hub -t hub .          docker build --target simulators -t hub-simulators .

# What the console's pages load, by the lock file.
FROM node:22-slim AS assets
WORKDIR /source/src/Hub/Console/assets
COPY src/Hub/Console/assets ./
RUN npm ci --omit=dev --no-progress && node collect.mjs

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# What decides the restore comes first, so that a change of code does not restore again.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY schemas/*.csproj schemas/
COPY src/Connectors/*.csproj src/Connectors/
COPY src/Hub/*.csproj src/Hub/
COPY tests/Simulators/*.csproj tests/Simulators/
RUN dotnet restore src/Hub && dotnet restore tests/Simulators
COPY schemas schemas
COPY src src
COPY tests/Simulators tests/Simulators
COPY --from=assets /source/src/Hub/wwwroot/lib src/Hub/wwwroot/lib
RUN dotnet publish src/Hub -c Release --no-restore -p:ConsoleAssets=false -o /out/hub \
 && dotnet publish tests/Simulators -c Release --no-restore -o /out/simulators

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS hub
WORKDIR /app
COPY --from=build /out/hub ./
ENV DOTNET_NOLOGO=1 DOTNET_GCgen0size=0x4000000 Hub__Url=http://0.0.0.0:8080
EXPOSE 8080
USER $APP_UID
# The image has no curl; bash can speak enough HTTP to ask whether the hub is ready.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD \
  ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["dotnet", "Hub.dll"]
CMD ["serve"]

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS simulators
WORKDIR /app
COPY --from=build /out/simulators ./
EXPOSE 8081
USER $APP_UID
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD \
  ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8081 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["dotnet", "Hub.Simulators.dll"]
CMD ["--settings", "/etc/hub/simulators.json"]
