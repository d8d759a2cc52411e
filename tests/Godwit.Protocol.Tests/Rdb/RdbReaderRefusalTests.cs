using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class RdbReaderRefusalTests
{
    [Theory]
    [InlineData("REDIS0001")]
    [InlineData("REDIS0012")]
    [InlineData("VALKEY080")]
    public void TryRead_KnownVersion_IsRead(string header) =>
        RdbFile.ReadWhole(RdbFile.Sign(new RdbBytes().Raw(Latin1(header)).Raw(0xFF))).Count.ShouldBe(2);

    [Theory]
    [InlineData("REDIS0000")]
    [InlineData("REDIS0013")]
    [InlineData("REDIS0080")]
    [InlineData("VALKEY011")]
    [InlineData("VALKEY012")]
    [InlineData("VALKEY079")]
    [InlineData("VALKEY081")]
    public void TryRead_UnknownVersion_SaysWhichAndTheWayOut(string header)
    {
        var error = Refuse(new RdbBytes().Raw(Latin1(header)).Raw(0xFF));

        error.Message.ShouldContain("RDB version");
        error.WhatToDo.ShouldNotBeNull().ShouldContain("--read scan");
    }

    [Theory]
    [InlineData("*1\r\n$4\r\nPING")]
    [InlineData("\u001f\u008b")]
    [InlineData("R")]
    [InlineData("REDIT")]
    [InlineData("VALKEYx80")]
    [InlineData("REDIS00x1")]
    public void TryRead_NoRdbFile_Throws(string beginning) => Refuse(Latin1(beginning)).Offset.ShouldBeLessThan(9);

    [Theory]
    [InlineData("REDIS0011", 6, "Type 6")]
    [InlineData("REDIS0011", 8, "Type 8")]
    [InlineData("REDIS0012", 26, "Type 26")]
    [InlineData("REDIS0012", 242, "Type 242")]
    [InlineData("VALKEY080", 23, "Type 23")]
    [InlineData("VALKEY080", 25, "Type 25")]
    [InlineData("REDIS0012", 243, "metadata")]
    [InlineData("REDIS0010", 246, "246")]
    public void TryRead_UnknownTypeOrOpcode_NamesItAndItsOffset(string header, byte number, string words)
    {
        var error = Refuse(new RdbBytes().Raw(Latin1(header)).Raw(0xFE, 0).Raw(number).Strings("k", "v"));

        error.Message.ShouldContain(words);
        error.Offset.ShouldBe(11);
        error.WhatToDo.ShouldNotBeNull().ShouldContain("--read scan");
    }

    [Fact]
    public void TryRead_UnknownTypeBehindAnExpiry_NamesTheFilesVersion() =>
        Refuse(new RdbBytes().Raw("VALKEY080"u8).Raw(0xFC).Int64(1).Raw(99))
            .Message.ShouldBe("Type 99 of Valkey RDB version 80 is not known, so its end cannot be found at byte 18");

    [Fact]
    public void TryRead_ExpiryOfNoKey_Throws() =>
        Refuse(new RdbBytes().Raw("REDIS0011"u8).Raw(0xFC).Int64(1).Raw(0xFE, 0)).Message.ShouldContain("Opcode 254");

    [Fact]
    public void TryRead_DatabaseThatCannotBe_Throws() =>
        Refuse(new RdbBytes().Raw("REDIS0011"u8).Raw(0xFE).Length(1UL << 31)).Message.ShouldContain("database");

    [Fact]
    public void TryRead_ImportOfMoreSlotsThanThereAre_Throws() =>
        Refuse(new RdbBytes().Raw("VALKEY080"u8).Raw(0xF3).String("job").Length(16_385)).Message.ShouldContain("slots");

    [Fact]
    public void TryRead_ModuleAuxWithoutWhen_Throws() =>
        Refuse(new RdbBytes().Raw("REDIS0011"u8).Raw(0xF7, 1, 5, 0)).Message.ShouldContain("aux");

    [Fact]
    public void TryRead_AnyBitOfTheFileFlipped_ThrowsOrSaysTheSame()
    {
        // The version's digits are read before the checksum, and one changed to below 5 switches that off.
        var file = RdbFile.WithEverything(RdbFamily.Valkey);
        for (var bit = 9 * 8; bit < (file.Length - 8) * 8; bit++)
        {
            var damaged = (byte[])file.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<RdbFormatException>(() => RdbFile.ReadWhole(damaged), $"bit {bit}");
        }
    }

    [Fact]
    public void TryRead_WrongChecksum_SaysBothAndItsOffset()
    {
        var file = RdbFile.WithEverything(RdbFamily.Redis);
        file[^1] ^= 1;
        var error = Refuse(file);
        error.Message.ShouldContain("checksum");
        error.Offset.ShouldBe(file.Length - 8);
    }

    [Fact]
    public void TryRead_ChecksumOfZero_IsNotChecked()
    {
        var file = RdbFile.WithEverything(RdbFamily.Redis);
        var expected = RdbFile.ReadWhole(file);
        file.AsSpan(file.Length - 8).Clear();
        RdbFile.ReadWhole(file).ShouldBe(expected);
    }

    [Fact]
    public void TryRead_VersionBeforeChecksums_EndsWithItsOpcode()
    {
        byte[] file = new RdbBytes().Raw("REDIS0004"u8).Raw(0).Strings("k", "v").Raw(0xFF).Raw(1, 2, 3);
        using var reader = new RdbReader();
        var position = 0;
        while (!reader.Ended)
            reader.TryRead(file, ref position, out _).ShouldBeTrue();
        position.ShouldBe(file.Length - 3);
    }

    private static RdbFormatException Refuse(byte[] file) =>
        Should.Throw<RdbFormatException>(() => RdbFile.ReadWhole(file));

    private static byte[] Latin1(string text) => System.Text.Encoding.Latin1.GetBytes(text);
}
