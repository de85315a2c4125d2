using System.Diagnostics.CodeAnalysis;

namespace Hub.Verifier;

/// <summary>The command line: one file, and at most one head to hold it against.</summary>
internal sealed record Arguments(string File, ChainHead? ExpectedHead)
{
    public static bool TryParse(string[] args, [NotNullWhen(true)] out Arguments? arguments)
    {
        arguments = args switch
        {
            [var file] when !IsOption(file) => new(file, null),
            [var file, "--expect-head", var head] when !IsOption(file) && ChainHead.TryParse(head, out var expected) => new(file, expected),
            ["--expect-head", var head, var file] when !IsOption(file) && ChainHead.TryParse(head, out var expected) => new(file, expected),
            _ => null,
        };
        return arguments is not null;
    }

    private static bool IsOption(string word) => word.StartsWith('-');
}
