Console.WriteLine("verifier");
