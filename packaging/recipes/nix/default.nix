# binfmtbox for Nix: the static executable of a release.
#   nix-build -E 'with import <nixpkgs> { }; callPackage ./default.nix { }'
{ lib, stdenvNoCC, fetchurl }:

let
  version = "@VERSION@";
  files = "@URL@/releases/download/v${version}/binfmtbox-${version}";
  programs = {
    x86_64-linux = { arch = "x86_64"; sha256 = "@SHA256 x86_64@"; };
    aarch64-linux = { arch = "arm64"; sha256 = "@SHA256 arm64@"; };
    armv7l-linux = { arch = "armv7"; sha256 = "@SHA256 armv7@"; };
    riscv64-linux = { arch = "riscv64"; sha256 = "@SHA256 riscv64@"; };
  };
  system = stdenvNoCC.hostPlatform.system;
  program = programs.${system} or (throw "binfmtbox: no executable for ${system}");
in
stdenvNoCC.mkDerivation {
  pname = "binfmtbox";
  inherit version;

  src = fetchurl {
    url = "${files}.tar.gz";
    sha256 = "@SHA256 sources@";
  };
  executable = fetchurl {
    url = "${files}-${program.arch}";
    inherit (program) sha256;
  };

  dontBuild = true;
  dontStrip = true;
  # A store path has no /usr: what the script puts below it goes one up.
  installPhase = ''
    runHook preInstall
    DESTDIR=$out sh packaging/recipes/install.sh $executable /bin
    mv $out/usr/share $out/share
    rmdir $out/usr
    runHook postInstall
  '';

  meta = {
    description = "Run programs built for other processors, through binfmt_misc";
    homepage = "@URL@";
    license = lib.licenses.asl20;
    mainProgram = "binfmtbox";
    platforms = builtins.attrNames programs;
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
  };
}
